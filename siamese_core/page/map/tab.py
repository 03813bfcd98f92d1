"""The Map tab: a scatter that the browser draws, and what it asks the server for."""

from collections.abc import Callable
from itertools import combinations

from siamese_core.errors import UserError
from siamese_core.labelling.queue import Questions
from siamese_core.networks.encoders import SLOTS, slot_title
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.map.arrows import map_arrows
from siamese_core.page.map.points import COLOURINGS, map_points
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.notices import listen, told_in_words
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import first_step
from siamese_core.page.parts.templates import render

NOTHING = translatable(
    "The map is of your images, and there are none yet. Add some, or try it with drawings."
)
ADD = (translatable("Add images"), "goto", "label")
TRY = (translatable("Try it with samples"), "try", "find")
SCRIPT = "workbench.map.start(element, server, {saved: () => trigger('saved')})"
MOST_ASKED = 12  # images of which all pairs are asked first
FEWEST_ASKED = 2


class MapTab:
    def __init__(self, questions: Questions) -> None:
        self.questions = questions

    def build(self, last_answers: LastAnswers) -> None:
        titles = [(slot, slot_title(slot)) for slot in SLOTS]
        panel = Panel(
            render("map/map.html.jinja", slots=titles, nothing=first_step(NOTHING, ADD, TRY)),
            elem_id="map",
            script=SCRIPT,
            server_functions=[told_in_words(each) for each in self.functions()],
        )
        listen(panel.saved, last_answers.refresh, None, last_answers.table)

    def functions(self) -> list[Callable[[dict], dict]]:
        """Return what the script calls; what it sends is unchecked."""

        def points(sent: dict) -> dict:
            slot, colouring, chosen = (sent.get(name) for name in ("slot", "colouring", "chosen"))
            if slot not in SLOTS or colouring not in COLOURINGS:
                raise UserError("A map is of a slot. Received: another. Reload the page.")
            now = self.questions.pool.progress()
            if not now.files:
                return {"nothing": True}
            if not now.embedded and now.working:
                return {"waiting": t("The images are being prepared.")}
            image = chosen if isinstance(chosen, str) else ""
            return map_points(self.questions.pool, slot, colouring, image) | {"more": now.working}

        def ask_first(sent: dict) -> dict:
            ids = sent.get("ids")
            if not isinstance(ids, list) or not FEWEST_ASKED <= len(set(map(str, ids))) <= MOST_ASKED:
                raise UserError(
                    f"All pairs of {FEWEST_ASKED} to {MOST_ASKED} images can be asked first. Received: "
                    "another number. Select fewer or more."
                )
            pairs = list(combinations(dict.fromkeys(map(str, ids)), 2))
            self.questions.ask_first(pairs)
            return {"told": t("{count} pairs are asked first in Label.", count=len(pairs))}

        def arrows(sent: dict) -> dict:
            if sent.get("slot") not in SLOTS:
                raise UserError("A map is of a slot. Received: another. Reload the page.")
            return map_arrows(self.questions.pool, sent["slot"])

        return [points, ask_first, arrows]
