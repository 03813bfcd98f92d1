"""Say which role each function of the page and of the HTTP interface needs, in this one place.

A function is named as Python names it (`__qualname__`), an event of the outbox by its kind. What is not named
needs an owner, and tests/page/serving/login/test_rights.py fails until it is. Where nobody logs in, everybody
may do everything.
"""

from gradio.context import LocalContext

from siamese_core.accounts.roles import ANNOTATOR, OWNER, REVIEWER, allows
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.errors import UserError
from siamese_core.page.parts.callers import caller

# What changes for everybody, by role; what a role may do, those above it may, too.
OWNERS = {
    "EvaluateTab.delete",
    "GroupBoards.decide",  # sets images aside
    "LabelTab.add",
    "LabelTab.choose_overlap",
    "ModelView.save",  # a threshold
    "RetrainTab.change",  # promotes, rolls back
    "RetrainTab.start",
    "bring_back",
    "set_aside",  # all answers of a person
}
REVIEWERS = {"EvaluateTab.cancel", "EvaluateTab.start", "relabel", "settle"}
# What writes answers of the caller's own, undoes them (`may_undo`), or chooses what is asked.
ANSWERING = {"answer", "compare", "group", "one_class", "one_shot", "search", "undo", "undo_latest"}
ANSWERING |= {"AgentTools.answer", "EvaluateTab.played", "build_outbox.<locals>.save"}
ANSWERING |= {"MapTab.functions.<locals>.ask_first", "ModelView.queue"}  # what Label asks first
ANSWERING |= {f"publish_answering.<locals>.{name}" for name in ("answer", "undo")}
# What looks, compares, searches, or changes nothing but what is on the caller's own screen.
LOOKING = {
    "AgentTools.compare",
    "AgentTools.find",
    "AgentTools.next_pairs",
    "AgentTools.one_shot",
    "AgentTools.status",
    "CompareTab.compare",
    "CompareTab.follow",
    "CompareTab.move",
    "CompareTab.pick",
    "CompareTab.preview",
    "CompareTab.restore",
    "EvaluateTab.look",
    "EvaluateTab.offer",
    "EvaluateTab.restore",
    "EvaluateTab.show",
    "FindTab.again",
    "FindTab.follow",
    "FindTab.more",
    "FindTab.opened",
    "FindTab.restore",
    "FindTab.search",
    "FindTab.try_one",
    "GroupBoards.show_duplicates",
    "GroupBoards.show_groups",
    "LabelTab.look",
    "LabelTab.overlap_now",
    "LastAnswers.refresh",
    "MapTab.functions.<locals>.arrows",
    "MapTab.functions.<locals>.points",
    "ModelView.chosen",
    "ModelView.cost",
    "ModelView.pick_cell",
    "OneShotTab._listen.<locals>.<lambda>",
    "OneShotTab.add",
    "OneShotTab.pick",
    "OneShotTab.put_back",
    "OneShotTab.rank",
    "OneShotTab.remove",
    "OneShotTab.rename",
    "OneShotTab.restore",
    "OneShotTab.take_samples",
    "RetrainTab.look",
    "RetrainTab.propose",
    "ReviewTab.look",
    "Why.show",
    "build_form.<locals>.add",
    "build_form.<locals>.choose",
    "build_form.<locals>.empty",
    "build_link_notice.<locals>.check_link",
    "build_pair_view.<locals>.ask",
    "build_picture_place.<locals>.empty",
    "build_picture_place.<locals>.given",
    "build_status_line.<locals>.look",
    "number_for",
    "publish_answering.<locals>.next_pairs",
    "publish_answering.<locals>.status",
    "publish_comparing.<locals>.compare",
    "publish_comparing.<locals>.one_shot",
    "publish_reasons.<locals>.explain",
    "publish_search.<locals>.find",
}
NEEDS = dict.fromkeys(LOOKING | ANSWERING, ANNOTATOR) | dict.fromkeys(REVIEWERS, REVIEWER)
NEEDS |= dict.fromkeys(OWNERS, OWNER)
WHO_MAY = {
    REVIEWER: "Reviewers and owners may do this. Received: a login of neither. Ask one of them.",
    OWNER: "Owners may do this. Received: a login that is none. Ask one of them.",
}
NOT_OWN = "An annotator undoes their own answers. Received: one of somebody else. Ask a reviewer."


def require(name: str) -> None:
    """Raise UserError unless whoever calls may call the function, or send an event of the kind."""
    known = caller()
    if known is None:
        if getattr(LocalContext.blocks.get(None), "asks_login", False):
            raise UserError("A call comes from somebody who has logged in. Log in again.", "unauthenticated")
        return
    needed = NEEDS.get(name, OWNER)
    if not allows(known.role, needed):
        raise UserError(WHO_MAY[needed], "forbidden")


def may_undo(row: LabelRow) -> bool:
    """Return whether whoever calls may take an answer back: their own, or for reviewers anybody's."""
    known = caller()
    own = known and (known.name, f"agent {known.name}")  # as the tools of agents name a token
    return known is None or allows(known.role, REVIEWER) or row.annotator in own


def require_own(log: PairLog, label_id: str) -> None:
    """Raise UserError where the answer is another one's, whom the caller may not correct."""
    if caller() is None or allows(caller().role, REVIEWER):
        return
    found = next((row for row in reversed(log.rows()) if row.label_id == label_id), None)
    if found and not may_undo(found):
        raise UserError(NOT_OWN, "forbidden")
