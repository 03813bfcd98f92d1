"""Log the answers that the page's scripts send, once however often each is sent.

The browser keeps every event until it is confirmed here (assets/web/scripts/parts/outbox.js). So an event can
come late, twice, or after a restart. It has an id of its own, which becomes the label_id of its row, and
carries what the encoders had said on screen.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping

from siamese_core.answers.corrections import Verdict, abstention
from siamese_core.answers.pair_log import PairLog
from siamese_core.errors import UserError, can_pass, in_words
from siamese_core.metrics import verdict
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.languages.words import t, told_message
from siamese_core.page.parts.callers import caller, named
from siamese_core.page.parts.notices import UNEXPECTED, told_in_words
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.rights import require
from siamese_core.workspace.comparing import Comparison
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

MOST_SENT = 50  # events in one call
MAX_NAME = 80  # characters
SCRIPT = "workbench.outbox.start(server)"
log = logging.getLogger(__name__)

Event = Mapping[str, object]
Handler = Callable[[Event], dict]  # raises UserError; what it returns is for the script, beside "saved"


class TryAgain(UserError):
    """An event that cannot be logged now, and can be soon."""


def build_outbox(handlers: Mapping[str, Handler]) -> Panel:
    """Return the part of the page, never seen, through which all tabs log. handlers: by an event's kind."""

    def save(sent: dict) -> dict:
        """Take {"events": [...]} and return {"done": {id: reply}}.

        A reply is {"saved": true}, {"refused": why} or {"waiting": why}, after which the rest of the events
        must wait as well.
        """
        events = sent.get("events") if isinstance(sent, dict) else None
        if not isinstance(events, list) or not 1 <= len(events) <= MOST_SENT:
            raise UserError(f"1 to {MOST_SENT} answers come at once. Received: others. Reload the page.")
        done = {}
        for event in events:
            done[text(event, "id")] = reply = saved(handlers, event)
            if "waiting" in reply:
                break
        return {"done": done}

    return Panel(elem_id="outbox", script=SCRIPT, server_functions=[told_in_words(save)])


def saved(handlers: Mapping[str, Handler], event: object) -> dict:
    """Log one event and return what became of it. A disk that takes nothing makes it wait."""
    try:
        own_id(event, "id")
        kind = text(event, "kind")
        if kind not in handlers:
            raise UserError(f"An answer is of a known kind. Received: {ascii(kind)[:40]}. Reload the page.")
        require_sender(event)
        require(kind)
        return {"saved": True, **handlers[kind](event)}
    except UserError as problem:
        later = isinstance(problem, TryAgain) or can_pass(problem)
        return {"waiting" if later else "refused": told_message(str(problem))}
    except OSError as problem:
        log.exception("an answer could not be saved")
        return {"waiting": t("The workspace cannot be written to: {problem}.", problem=in_words(problem))}
    except Exception:
        log.exception("an answer could not be saved")
        return {"refused": t(UNEXPECTED)}


def once(pair_log: PairLog, handler: Handler) -> Handler:
    """Return the handler, skipped for an event that the log holds already.

    What such an event means may depend on what was logged before it. Another server may log it meanwhile.
    """
    one_at_a_time = threading.Lock()

    def careful(event: Event) -> dict:
        label_id = own_id(event, "id")
        with one_at_a_time:
            try:
                return {} if pair_log.holds(label_id) else handler(event)
            except UserError:
                if pair_log.holds(label_id):
                    return {}
                raise

    return careful


def require_loaded(workbench: Workbench) -> None:
    """Raise TryAgain while an encoder is being loaded, whose verdict belongs into the row."""
    if any(workbench.matcher.state(slot) in ("waiting", "loading") for slot in SLOTS):
        raise TryAgain("The encoders are being loaded.")


def require_sender(event: object) -> None:
    """Raise TryAgain where somebody else has logged in since: an answer waits for who gave it."""
    given_by, known = text(event, "account"), caller()
    if known and given_by and given_by != known.name:
        raise TryAgain(f"Log in as {given_by} to send this. Received: the login of {known.name}.")


def annotator(event: object) -> Annotator:
    """Return who is answering: the name of the login, else as typed, and the session of the browser tab."""
    session = text(event, "session")
    if not re.fullmatch("[0-9a-f]{8,64}", session):
        raise UserError("An answer needs its session. Received: none. Reload the page.")
    name = named(text(event, "annotator").strip())
    if len(name) > MAX_NAME:
        raise UserError(f"A name has at most {MAX_NAME} characters. Received: {len(name)}. Shorten it.")
    return Annotator(name, session)


def text(event: object, key: str) -> str:
    """Return a text of the event; empty where it is something else."""
    value = event.get(key) if isinstance(event, dict) else None
    return value if isinstance(value, str) else ""


def milliseconds(event: object) -> float | None:
    """Return how long the person took, as a whole number of milliseconds."""
    value = event.get("milliseconds") if isinstance(event, dict) else None
    return float(round(value)) if isinstance(value, int | float) and 0 <= value < 1e10 else None


def own_id(event: object, key: str) -> str:
    """Return an id that the script has made; UserError where it is none."""
    value = text(event, key)
    if not is_id(value):
        raise UserError(f"An answer has an id. Received: {ascii(value)[:40]}. Reload the page.")
    return value


def is_id(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{32}", value))


def verdicts_on_screen(event: Event) -> tuple[Verdict, ...]:
    """Return what the encoders had said when the person answered.

    The page sends it along in `said`: {slot: {"checkpoint", "similarity", "threshold", "abstains"}}.
    UserError where it is none of this.
    """
    said = event.get("said") or {}
    if not isinstance(said, dict):
        raise UserError("What the encoders said is given by slot. Received: no slots. Reload the page.")
    return tuple(verdict_on_screen(slot, said[slot]) for slot in SLOTS if slot in said)


def verdict_on_screen(slot: str, said: object) -> Verdict:
    checkpoint, said = text(said, "checkpoint"), said if isinstance(said, dict) else {}
    numbers = [said.get(key) for key in ("similarity", "threshold")]
    abstains = said.get("abstains") is True
    fit = abstains or all(isinstance(each, int | float) and 0 <= each <= 1 for each in numbers)
    if not fit or not re.fullmatch(r"[\w.-]{1,100}", checkpoint):
        raise UserError(
            f"An encoder says a checkpoint, a similarity and a threshold. Received: {ascii(said)[:80]}. "
            "Reload the page."
        )
    if abstains:
        return abstention(slot, checkpoint)
    similarity, threshold = map(float, numbers)
    return Verdict(slot, checkpoint, similarity, threshold, bool(verdict(similarity, threshold)))


def said_on_screen(verdicts: Iterable[Verdict | Comparison]) -> dict[str, dict]:
    """Return what `verdicts_on_screen` reads back. verdicts: of one pair, one a slot."""
    keys = ("checkpoint", "similarity", "threshold", "abstains")
    return {each.encoder: {key: getattr(each, key) for key in keys} for each in verdicts}
