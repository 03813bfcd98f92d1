"""The One-shot tab: a query, a support set, each encoder's ranking, a click on the right class."""

from collections.abc import Iterator

import gradio as gr
import numpy as np
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.networks.encoders import SLOTS, slot_title
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.one_shot.ranking import rankings
from siamese_core.page.one_shot.support import (
    Added,
    Support,
    add_files,
    class_count,
    drawn_set,
    recalled_support,
    removed,
    renamed,
    sample_set,
    support_set,
)
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.memory import recalled, recalled_image, remember
from siamese_core.page.parts.notices import ASKING, detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import busy, first_step, quiet, trouble
from siamese_core.page.parts.picture import build_picture_place, latest
from siamese_core.page.parts.retry import retry_timer, waiting_words
from siamese_core.page.parts.samples import sample_file, sample_queries
from siamese_core.page.parts.status import StatusLine
from siamese_core.page.parts.templates import render
from siamese_core.page.parts.uploads import Picture, Unreadable
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.workbench import Workbench

QUERY_HEIGHT = 196  # pixels: both rankings stand below it without scrolling
TRY = (translatable("Try it with samples"), "try", "one_shot")
EMBEDDED_AT_ONCE = 32  # images between two reports of progress
SUPPORT_SCRIPT = (
    "workbench.oneShot.support(element, {added: (d) => trigger('added', d), "
    "renamed: (d) => trigger('renamed', d), removed: (d) => trigger('removed', d), "
    "emptied: () => trigger('emptied'), sampled: () => trigger('sampled'), "
    "undone: (d) => trigger('undone', d)}, watch)"
)
QUERIES_SCRIPT = "workbench.samples.strip(element, (index) => trigger('picked', {index}))"
RANKINGS_SCRIPT = "workbench.oneShot.rankings(element, () => trigger('corrected'), watch)"


class OneShotTab:
    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.queries = sample_queries()

    def build(self, status: StatusLine, last_answers: LastAnswers) -> None:
        with gr.Row():
            with gr.Column(scale=2, min_width=280):
                place = build_picture_place("query", t("Query"), QUERY_HEIGHT)
                self.query, self.refused = place.image, place.refused
                samples = Panel(queries_strip(self.queries), elem_id="sample-queries", script=QUERIES_SCRIPT)
            with gr.Column(scale=3, min_width=320):
                # not remembered: what was there before a reload may not have been asked for yet
                self.set = Panel(drawn_set(()), elem_id="support", script=SUPPORT_SCRIPT)
        self.support = gr.State(())
        self.board = Panel(first_step(missing(None, ()), TRY), elem_id="rankings", script=RANKINGS_SCRIPT)
        self._listen(samples, status, last_answers)

    def _listen(self, samples: Panel, status: StatusLine, last_answers: LastAnswers) -> None:
        drawn = [self.support, self.set]
        listen(self.set.added, self.add, self.support, drawn)
        listen(self.set.renamed, self.rename, self.support, drawn, trigger_mode="multiple")
        listen(self.set.removed, self.remove, self.support, drawn, trigger_mode="multiple")
        listen(self.set.emptied, lambda: ((), support_set(())), None, drawn)
        listen(self.set.sampled, self.take_samples, None, drawn)
        listen(self.set.undone, self.put_back, None, drawn, trigger_mode="multiple")
        listen(samples.picked, self.pick, None, self.query)
        changes = [self.query.change, self.support.change, status.serving.change]
        given = [self.query, self.support, self.refused]
        retry = retry_timer()
        listen([*changes, retry.tick], self.rank, given, [self.board, self.refused, retry], **ASKING)
        listen(self.board.corrected, last_answers.refresh, None, last_answers.table)
        self.restored = [self.query, *drawn]

    def add(self, support: Support, event: gr.EventData) -> Iterator[tuple]:
        files = detail(event, "files")
        files = files if isinstance(files, list) else []
        added = Added(support)
        for added in add_files(self.workbench.images, support, files):
            if added.done % EMBEDDED_AT_ONCE == 0 and added.done < len(files):
                words = t("Reading: {done} of {all}", done=added.done, all=len(files))
                yield gr.skip(), busy(added.done / len(files), words)
        yield added.support, support_set(added.support, added.problems, added.notes)

    def rename(self, support: Support, event: gr.EventData) -> tuple[Support, Markup]:
        support = renamed(support, event)
        return support, support_set(support)

    def remove(self, support: Support, event: gr.EventData) -> tuple[Support, Markup]:
        support = removed(support, event)
        return support, support_set(support)

    def take_samples(self) -> tuple[Support, Markup]:
        support = sample_set(self.workbench.images)
        return support, support_set(support)

    def put_back(self, event: gr.EventData) -> tuple[Support, Markup]:
        """Return the set as it was before its latest change, as the browser remembers it."""
        support = recalled_support(self.workbench.images, detail(event, "support"))
        return support, support_set(support)

    def pick(self, event: gr.EventData) -> np.ndarray:
        index = detail(event, "index")
        if not isinstance(index, int) or not 0 <= index < len(self.queries):
            raise UserError(
                f"A sample is named by its place. Received: {ascii(index)[:40]}. Reload the page."
            )
        return decode_image(sample_file(self.queries[index]))

    def rank(self, query: Picture, support: Support, refused: Unreadable | None) -> Iterator[tuple]:
        """Yield (markup, refused query, whether to try again soon).

        The markup says what is missing, or else the progress and then the rankings.
        """
        query = latest(query, refused)
        problem = query if isinstance(query, Unreadable) else None
        try:
            for shown in self._ranked(query, support):
                yield shown, problem, gr.Timer(active=False)
        except UserError as failure:
            yield waiting_words(failure), problem, gr.Timer(active=True)

    def _ranked(self, query: Picture, support: Support) -> Iterator[Markup]:
        if isinstance(query, Unreadable):
            yield trouble(translatable("The query:"), query.reason)
        elif words := missing(query, support):
            kept = Markup() if query is None else self._remembered(self.workbench.images.add(query))
            yield kept + (quiet(words) if query is not None or support else first_step(words, TRY))
        else:
            slots = self.workbench.slots()
            ready = [name for name in SLOTS if slots[name]["state"] == "ready"]
            read = self.workbench.images.read
            named = [(image.class_name, StoredImage(image.image_id, read)) for image in support]
            for share, words in self.embedding(ready, query, [image for _, image in named]):
                yield busy(share, words)
            result = self.workbench.one_shot(query, named, ready, ask_anyway=True)  # cards show it on demand
            domain = self.workbench.matcher.domain
            mixed = domain([query]) != domain([image for _, image in named])
            drawn = rankings(result, slots, self.workbench.names, mixed)
            yield drawn + self._remembered(result.query_id)

    def _remembered(self, query_id: str) -> Markup:
        return remember("one_shot", {"query": query_id})

    def embedding(
        self, encoders: list[str], query: np.ndarray, images: list[StoredImage]
    ) -> Iterator[tuple[float, str]]:
        """Embed the set a part at a time, to tell progress; images that were embedded before cost nothing."""
        if len(images) <= EMBEDDED_AT_ONCE:
            return
        domain = self.workbench.matcher.domain([query, *images])
        for place, encoder in enumerate(encoders):
            for start in range(0, len(images), EMBEDDED_AT_ONCE):
                share = (place + start / len(images)) / len(encoders)
                yield (
                    share,
                    t(
                        "{network} looks at the support set: {done} of {all}",
                        network=slot_title(encoder),
                        done=start,
                        all=len(images),
                    ),
                )
                self.workbench.matcher.embed_support(
                    encoder, images[start : start + EMBEDDED_AT_ONCE], domain
                )

    def restore(self, query_text: str, support_text: str) -> list:
        """Return the query and the support set that were on screen before a reload.

        What was empty is left as it is: the person may have filled it meanwhile.
        """
        store = self.workbench.images
        query = recalled_image(store, recalled(query_text).get("query"))
        support = recalled_support(store, recalled(support_text).get("support"))
        drawn = [support, support_set(support)] if support else [gr.skip(), gr.skip()]
        return [gr.skip() if query is None else query, *drawn]


def missing(query: Picture, support: Support) -> str | None:
    """Return in words what to give next, or None where a ranking can be made."""
    if not support:
        return t(
            "Give a query and a support set: at least two classes, one image or more of each."
            if query is None
            else "The query needs a support set: at least two classes, one image or more of each."
        )
    if class_count(support) < 2:
        return t(
            "A support set needs two classes. Received: {count} image(s) of one class. Add images of another "
            "class, or rename one.",
            count=len(support),
        )
    return t("Give a query: the picture to name.") if query is None else None


def queries_strip(names: list[str]) -> Markup:
    return render("one_shot/samples.html.jinja", names=names)
