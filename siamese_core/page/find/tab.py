"""The Find tab: a query, the images most similar to it, many answers at once."""

from collections.abc import Mapping

import gradio as gr
import numpy as np
from markupsafe import Markup

from siamese_core.answers.settled import standing_labels
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.networks.encoders import SLOTS, slot_title
from siamese_core.page.find.group_boards import GroupBoards
from siamese_core.page.find.ranked import BATCH, FUSED, Judge, doubt, judges, ranking_by, tiles
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.galleries import ANSWERED, BOTH, POOL, Galleries, Searched
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.memory import recalled, recalled_image, remember
from siamese_core.page.parts.notices import ASKING, detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import first_step, quiet, trouble
from siamese_core.page.parts.picture import build_picture_place, latest, refusal
from siamese_core.page.parts.retry import retry_timer, waiting_words
from siamese_core.page.parts.samples import add_sample_pool, sample_file, sample_queries
from siamese_core.page.parts.status import StatusLine
from siamese_core.page.parts.templates import render
from siamese_core.page.parts.uploads import Picture, Unreadable

PLACES = {
    POOL: translatable("the pool"),
    ANSWERED: translatable("answered images"),
    BOTH: translatable("both"),
}
RANKERS = {FUSED: translatable("both encoders")} | {slot: slot_title(slot) for slot in SLOTS}
HINT = translatable(
    "Give a picture: drop or choose a file, paste, take a photo, or draw. What is most like it comes at once."
)
NOTHING = translatable(
    "Find searches your images, and there are none yet. Add some, or try it with drawings."
)
ADD = (translatable("Add images"), "goto", "label")
TRY = (translatable("Try it with samples"), "try", "find")
TRY_ONE = (translatable("Search for one of them"), "try", "find")
PREPARING = translatable(
    "The images are being prepared for searching. The first search waits for that; later ones do not."
)
MOST_BATCHES = 40
SCRIPT = (
    "workbench.find.results(element, {more: () => trigger('more'), saved: () => trigger('saved'), "
    "linked: (d) => trigger('linked', d), tried: () => trigger('tried')}, watch)"
)


class FindTab:
    """The handlers keep no state: what is on screen comes with each call, the answers are in the log."""

    def __init__(self, galleries: Galleries, boards: GroupBoards) -> None:
        self.galleries, self.boards, self.workbench = galleries, boards, galleries.workbench

    def build(self, status: StatusLine, last_answers: LastAnswers, tab: gr.Tab) -> None:
        """Build it. tab: what it is in, whose opening brings an empty place up to date."""
        self.boards.build_views()
        with gr.Row(elem_classes="query-row"):
            with gr.Column(scale=1, min_width=240):
                place = build_picture_place("find-query", t("Query"), height=180)
            with gr.Column(scale=2, min_width=280), gr.Row():
                among = choice(PLACES, t("Search among"), "find-among")
                by = choice(RANKERS, t("In the order of"), "find-by")
        batches = gr.State(1)
        self.board = Panel(self.hint(POOL), elem_id="found", script=SCRIPT)
        self.boards.build(last_answers)
        retry = retry_timer()
        shown = [place.image, place.refused, among, by]
        given = {"inputs": [*shown, batches], "outputs": [self.board, retry, place.refused], **ASKING}
        first = [place.image.change, among.input, by.input, status.serving.change]
        listen(first, self.search, shown, [self.board, retry, place.refused, batches], **ASKING)
        listen(retry.tick, self.again, **given)
        listen(listen(self.board.more, self.more, batches, batches).then, self.again, **given)
        listen(self.board.saved, last_answers.refresh, None, last_answers.table)
        listen(self.board.linked, self.follow, None, place.image)
        listen(self.board.tried, self.try_one, None, place.image)
        listen(tab.select, self.opened, [place.image, among], self.board)
        self.restored = [place.image, among, by]

    def search(self, query: Picture, refused: Unreadable | None, among: str, by: str) -> tuple:
        """Return the first images, whether to try again soon, the file that is refused, and one batch."""
        return *self.again(query, refused, among, by, 1), 1

    def more(self, batches: int) -> int:
        return min(batches + 1, MOST_BATCHES)

    def again(
        self, query: Picture, refused: Unreadable | None, among: str, by: str, batches: int
    ) -> tuple[Markup, gr.Timer, Unreadable | None]:
        """Return the images of so many batches, whether to try again soon, and the file that is refused."""
        query = latest(query, refused)
        try:
            board, waits = self.show(query, among, by, batches * BATCH)
        except UserError as problem:
            board, waits = waiting_words(problem), True
        return board, gr.Timer(active=waits), refusal(query)

    def show(self, query: Picture, among: str, by: str, count: int) -> tuple[Markup, bool]:
        """Return the board, and whether it is to be drawn again soon."""
        if isinstance(query, Unreadable):
            return trouble("The query:", query.reason), False
        if query is None or self.galleries.is_empty(among):
            return self.hint(among), False
        query_id = self.workbench.images.add(query)
        kept = remember("find", {"query": query_id, "among": among, "by": by})
        searched = self.galleries.get(among)
        if searched is None:
            return kept + quiet(PREPARING), True
        return kept + self._found(searched, query, query_id, by, count), not self.galleries.is_current(among)

    def _found(self, searched: Searched, query: np.ndarray, query_id: str, by: str, count: int) -> Markup:
        asked = judges(self.workbench, searched, query)
        ranking = ranking_by(self.workbench, searched, asked, by)
        hidden = {query_id, *self.galleries.pool.files.set_aside.ids}
        answers = answers_about(self.workbench, query_id) | dict.fromkeys(hidden, "")
        found = tiles(searched, asked, ranking, count, answers)
        return render(
            "find/results.html.jinja",
            query_id=query_id,
            tiles=found,
            below=next((place for place, tile in enumerate(found) if not tile.same), None),
            ranking=ranking,
            networks={each.slot: self._network(each) for each in asked},
            images=len(searched.ids),
            more=len(found) >= count < len(searched.ids) and count < MOST_BATCHES * BATCH,
            abstaining=self._abstaining(asked),
            nobody=all(each.abstains for each in asked),
            doubt=doubt(asked),
        )

    def _abstaining(self, asked: list[Judge]) -> dict[str, str]:
        return {self._network(each): each.abstains for each in asked if each.abstains}

    def _network(self, judge: Judge) -> str:
        return self.workbench.names.network(judge.gallery.checkpoint.id, judge.slot)

    def opened(self, query: Picture, among: str) -> Markup | dict:
        """Return what to do first, since images may have come meanwhile; nothing where there is a query."""
        return self.hint(among) if query is None else gr.skip()

    def hint(self, among: str) -> Markup:
        """Return what to do first."""
        if self.galleries.is_empty(among):
            return first_step(NOTHING, ADD, TRY)
        return first_step(HINT, TRY_ONE) if self.galleries.pool.images() else quiet(HINT)

    def try_one(self) -> np.ndarray:
        """Return one of the pool's images as a query, of sample images where the pool has none."""
        pool = self.galleries.pool
        if images := pool.files.set_aside.without(pool.images()):
            return self.workbench.images.read(images[0].image_id)
        if not pool.progress().files:
            add_sample_pool(pool)
        return decode_image(sample_file(sample_queries()[0]))

    def follow(self, event: gr.EventData) -> np.ndarray:
        """Return the query of a link. UserError where the workspace lacks it."""
        return self.workbench.images.read(detail(event, "query"))

    def restore(self, text: str) -> list:
        """Return what was on screen before a reload. A place that was empty is left as it is."""
        kept = recalled(text)
        query = recalled_image(self.workbench.images, kept.get("query"))
        chosen = [
            kept[name] if kept.get(name) in choices else gr.skip()
            for name, choices in (("among", PLACES), ("by", RANKERS))
        ]
        return [gr.skip() if query is None else query, *chosen]


def choice(words: Mapping[str, str], label: str, elem_id: str) -> gr.Dropdown:
    """Build a choice of one of `words`, by value; the first is chosen."""
    choices = [(t(each), value) for value, each in words.items()]
    return gr.Dropdown(
        choices, value=choices[0][1], label=label, elem_id=elem_id, filterable=False, min_width=200
    )


def answers_about(workbench, image_id: str) -> Mapping[str, str]:
    """Return the answers that stand about an image and another, by the other's id."""
    rows = [row for row in workbench.log.rows() if image_id in row.pair or row.event != "label"]
    return {next(each for each in row.pair if each != image_id): row.answer for row in standing_labels(rows)}
