"""Draw what takes the place of a result: a plain sentence, what went wrong, how far the work is."""

from markupsafe import Markup

from siamese_core.page.parts.templates import render

QUIET = Markup('<p class="{classes}">{words}</p>')
TROUBLE = Markup('<p class="trouble" role="alert"><b>{subject}</b> {words}</p>')


def quiet(words: str, *kinds: str) -> Markup:
    return QUIET.format(classes=" ".join(["quiet", *kinds]), words=words)


def trouble(subject: str, words: str) -> Markup:
    return TROUBLE.format(subject=subject, words=words)


def busy(share: float, words: str) -> Markup:
    """Return a progress bar. share: 0..1."""
    return render("parts/busy.html.jinja", share=share, words=words)
