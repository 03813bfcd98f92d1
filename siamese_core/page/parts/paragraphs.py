"""Draw what takes the place of a result: a plain sentence, what went wrong, how far the work is."""

from markupsafe import Markup

from siamese_core.page.languages.words import Spoken, t
from siamese_core.page.parts.templates import render

QUIET = Markup('<p class="{classes}">{words}</p>')
FIRST_STEP = Markup('<p class="{classes}">{words}{buttons}</p>')
BUTTON = Markup(' <button type="button" data-{act}="{value}">{label}</button>')
ENGLISH = Markup(' lang="en"')
TROUBLE = Markup('<p class="trouble" role="alert"><b>{subject}</b> {note}<span{english}>{words}</span></p>')


def quiet(words: str, *kinds: str) -> Markup:
    return QUIET.format(classes=" ".join(["quiet", *kinds]), words=t(words))


def first_step(words: str, *buttons: tuple[str, str, str]) -> Markup:
    """Return what an empty place says, with buttons that do the first step.

    buttons: the label of each, what it does ("try": takes samples, "goto": opens a tab), and the id of the
    tab.
    """
    drawn = [BUTTON.format(label=t(label), act=act, value=value) for label, act, value in buttons]
    return FIRST_STEP.format(classes="quiet first-step", words=t(words), buttons=Markup().join(drawn))


def trouble(subject: str, words: str) -> Markup:
    """Return what went wrong. A message that has no translation says that it is English."""
    told = t(words)
    if isinstance(told, Spoken):
        return TROUBLE.format(subject=t(subject), note="", english="", words=told)
    note = t("Only in English: {message}", message="")
    return TROUBLE.format(subject=t(subject), note=note, english=ENGLISH, words=told)


def busy(share: float, words: str) -> Markup:
    """Return a progress bar. share: 0..1."""
    return render("parts/busy.html.jinja", share=share, words=t(words))
