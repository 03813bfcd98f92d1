"""Draw the groups of a pool and its near-duplicates, and set images aside."""

import time
from dataclasses import dataclass

import gradio as gr
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from siamese_core.accounts.audit import SET_ASIDE
from siamese_core.errors import UserError
from siamese_core.page.find.pool_groups import PoolGroups
from siamese_core.page.languages.words import translatable
from siamese_core.page.parts.callers import named, note, origin
from siamese_core.page.parts.downloads import download
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.notices import detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import first_step, quiet
from siamese_core.page.parts.templates import render

AT_ONCE = 12  # groups, or sets of near-duplicates, that come at a time
MOST_SHOWN = 120  # images of a group
MOST_GROUPS = 2000
PREPARING = translatable("The images are being prepared.")
NOTHING = translatable(
    "This is about all of your images, and there are none yet. Add some, or try it with drawings."
)
ADD = (translatable("Add images"), "goto", "label")
TRY = (translatable("Try it with samples"), "try", "find")
VIEWS = {
    "one": translatable("Like one image"),
    "groups": translatable("Groups"),
    "duplicates": translatable("Near-duplicates"),
}
VIEWS_SCRIPT = "workbench.groups.views(element)"
GROUPS_SCRIPT = (
    "workbench.groups.board(element, {looked: (d) => trigger('looked', d), saved: () => trigger('saved')}, "
    "watch)"
)
DUPLICATES_SCRIPT = (
    "workbench.groups.duplicates(element, {looked: (d) => trigger('looked', d), "
    "decided: (d) => trigger('decided', d)}, watch)"
)


@dataclass(frozen=True)
class GroupBoards:
    """The parts of the Find tab about all images of the pool at once."""

    groups: PoolGroups

    def build_views(self) -> None:
        """Build the buttons that choose what the tab shows."""
        Panel(render("find/views.html.jinja", views=VIEWS), elem_id="find-views", script=VIEWS_SCRIPT)

    def build(self, last_answers: LastAnswers) -> None:
        groups = Panel(quiet(PREPARING), elem_id="groups", script=GROUPS_SCRIPT)
        duplicates = Panel(quiet(PREPARING), elem_id="duplicates", script=DUPLICATES_SCRIPT)
        listen(groups.looked, self.show_groups, None, groups, trigger_mode="always_last")
        listen(groups.saved, last_answers.refresh, None, last_answers.table)
        listen(duplicates.looked, self.show_duplicates, None, duplicates, trigger_mode="always_last")
        listen(duplicates.decided, self.decide, None, duplicates, trigger_mode="multiple")

    def show_groups(self, event: gr.EventData) -> Markup:
        """Draw the groups; {count}: how many."""
        if (missing := self._missing()) is not None:
            return missing
        now, count = self.groups.now(), _count(event)
        found = sorted(now.grouping.groups, key=lambda group: not group.open)  # what is confirmed comes last
        return render(
            "find/groups.html.jinja",
            made=time.monotonic_ns(),  # an equal value would tell the script nothing
            now=now,
            groups=found[:count],
            more=len(found) > count,
            names=self._names(),
            nobody=self.groups.questions.nobody_knows(),
            most_shown=MOST_SHOWN,
        )

    def show_duplicates(self, event: gr.EventData) -> Markup:
        """Draw the near-duplicates and what is set aside; {count}: how many sets."""
        if (missing := self._missing()) is not None:
            return missing
        found, count = self.groups.near_duplicates(), _count(event)
        names = self._names()
        aside = self.groups.questions.pool.files.set_aside.ids
        return render(
            "find/duplicates.html.jinja",
            made=time.monotonic_ns(),
            sets=found[:count],
            all_sets=found,
            spare=sum(len(each) - 1 for each in found),
            more=len(found) > count,
            aside=[each for each in names if each in aside],
            names=names,
        )

    def decide(self, event: gr.EventData) -> Markup:
        """Set {images} aside, or bring them back: {aside, annotator}."""
        images, names = detail(event, "images"), self._names()
        known = [each for each in images if each in names] if isinstance(images, list) else []
        if not known:
            raise UserError("Images of the pool are set aside. Received: others. Reload the page.")
        typed, aside = detail(event, "annotator"), detail(event, "aside") is True
        who = named(typed[:80] if isinstance(typed, str) else "")
        self.groups.questions.pool.files.set_aside.decide(known, aside, who)
        change = {"images": len(known), "change": "set aside" if aside else "brought back"}
        note(self.groups.workbench.workspace, SET_ASIDE, origin(who), **change)
        return self.show_duplicates(event)

    def _missing(self) -> Markup | None:
        """Return what there is to see while no two images are ready; None where they are."""
        now = self.groups.questions.pool.progress()
        if not now.files:
            return first_step(NOTHING, ADD, TRY)
        waits = now.embedded < 2 and (now.working or not now.problem)
        return render("find/waits.html.jinja", words=PREPARING, made=time.monotonic_ns()) if waits else None

    def _names(self) -> dict[str, str]:
        return {each.image_id: each.name for each in self.groups.questions.pool.images()}


def group_routes(groups: PoolGroups) -> list[Route]:
    """Return the download of the groups as class folders."""

    def group_file(request: Request) -> Response:
        try:
            return download("groups.zip", "application/zip", groups.write)
        except UserError as problem:
            return PlainTextResponse(f"error: {problem}\n", 404)

    return [Route("/groups.zip", group_file)]


def _count(event: gr.EventData) -> int:
    count = detail(event, "count")
    return min(max(count, AT_ONCE), MOST_GROUPS) if isinstance(count, int) else AT_ONCE
