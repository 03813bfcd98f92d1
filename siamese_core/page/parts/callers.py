"""Tell who has sent the event or the call that is being handled."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gradio.context import LocalContext

from siamese_core.accounts.audit import AuditLog, Origin

log = logging.getLogger(__name__)
# where the ASGI scope of a request holds its `Caller`, and its id
CALLER, REQUEST_ID = "siamese.caller", "siamese.request"


@dataclass(frozen=True)
class Caller:
    """Somebody who has logged in, or a program with a token. form_token: of the session's forms."""

    name: str
    role: str
    address: str
    form_token: str = ""


def caller() -> Caller | None:
    """Return who has logged in; None where the page asks for no login."""
    return _scope().get(CALLER)


def origin(typed: str = "") -> Origin:
    """Return who acts, for the audit log. typed: the name as typed, which counts where nobody logs in."""
    scope, known = _scope(), caller()
    found = Origin(typed, (scope.get("client") or ("",))[0], scope.get(REQUEST_ID, ""))
    return replace(found, who=known.name, where=known.address) if known else found


def named(typed: str) -> str:
    """Return the annotator's name: that of the login, whatever was typed, so that no answer is lost."""
    known = caller()
    return known.name if known else typed


def note(workspace: Path, what: str, who: Origin | None = None, **details: object) -> None:
    """Write what was done into the audit log. A disk that takes nothing undoes nothing: it is logged."""
    try:
        AuditLog(workspace).record(what, who or origin(), **details)
    except OSError as problem:
        log.error("the audit log takes nothing: %s", problem)


def _scope() -> dict[str, Any]:
    """Return the ASGI scope of the request; empty outside of one."""
    request = LocalContext.request.get(None)
    request = getattr(request, "request", None) or request  # gradio wraps it on the queue
    return getattr(request, "scope", None) or {}
