"""Answer in words what is refused or has failed: HTML for a browser that opens a page, else JSON.

No answer says anything about the server but what the person who asks can do.
"""

import html
import logging
import time
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from siamese_core.page.parts.notices import CLOSED, FULL, UNEXPECTED
from siamese_core.page.serving.policy import Refusal

log = logging.getLogger(__name__)
STORED = "The server must be able to store what is sent. Received: "
DISK_FULL = Refusal(
    507,
    STORED + "no room, its disk is full. Nothing of this was kept: free some space there and send it again.",
)
READ_ONLY = Refusal(
    503,
    STORED + "no permission, its disk or folder is read-only. Nothing of this was kept: make the workspace "
    "writable and send it again.",
    "storage_failed",
)
ENDING = Refusal(
    503,
    "The server must be running to take a request. Received: one while it ends. Try again in a minute; "
    "answers wait in the page.",
)
UNKNOWN = Refusal(
    400,
    "A call must name a function, a component and a session that the page has, and give each function what "
    "it takes. Received: another one. Load the page anew; GET /gradio_api/info lists what programs can call.",
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Siamese Workbench</title>
<body style="font: 1.1rem/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>Siamese Workbench</h1><p>{reason}</p></body></html>"""
ABANDONED_SECONDS = 60.0  # a part of an upload that nothing was added to for so long is none any more


def answer(scope: Scope, refusal: Refusal) -> Response:
    """Return the answer: for whom a browser is opening a page, HTML; for all others {"error", "code"}."""
    if scope["method"] in ("GET", "HEAD") and "text/html" in Headers(scope=scope).get("accept", ""):
        return HTMLResponse(PAGE.format(reason=html.escape(refusal.reason)), refusal.status)
    # the page shows this text, and curl prints it
    return JSONResponse({"error": refusal.reason, "code": refusal.code}, refusal.status)


def refusal_of(failure: Exception, scope: Scope) -> Refusal:
    """Return what to tell of a failure in answering a request, and log what is not to be told."""
    if isinstance(failure, OSError) and failure.errno in FULL:
        log.warning("%s: %s", scope["path"], failure)
        return DISK_FULL
    if isinstance(failure, OSError) and failure.errno in CLOSED:
        log.warning("%s: %s", scope["path"], failure)
        return READ_ONLY
    if isinstance(failure, ClientDisconnect):
        return Refusal(400, "The request ended early.")
    if scope["path"].startswith("/gradio_api/"):  # the page's own functions answer their failures themselves
        log.warning("%s: %s: %s", scope["path"], type(failure).__name__, failure)
        return UNKNOWN
    log.error("%s failed", scope["path"], exc_info=failure)
    return Refusal(500, UNEXPECTED)


def delete_abandoned(uploads: Path) -> None:
    """Delete the parts of uploads that ended before they were whole, which gradio leaves on a full disk."""
    for part in uploads.glob("tmp*"):
        if part.is_file() and time.time() - part.stat().st_mtime > ABANDONED_SECONDS:
            part.unlink(missing_ok=True)
