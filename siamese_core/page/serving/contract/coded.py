"""Give an error in which a call ends its code, for programs that speak plain HTTP.

gradio's clients raise an error with what its event holds, and take no other keys than gradio's own: for them
the code is its title. Only `/gradio_api/call/...`, which they do not use, gets `code` as well, as every other
refusal has it.
"""

import json

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siamese_core.page.serving.policy import OF_STATUS

START = b"event: error\ndata: {"
CALLS = "/gradio_api/call/"


class CodedErrors:
    """ASGI middleware that adds "code" where a call is refused, or its stream of events ends in an error."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(CALLS):
            await self.app(scope, receive, send)
            return
        refused: Message | None = None

        async def send_coded(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] >= 400:
                refused = message  # until its body, which gradio sends as one part, is there
                return
            if refused is not None:
                body = coded_refusal(message.get("body", b""), refused["status"])
                MutableHeaders(scope=refused)["Content-Length"] = str(len(body))
                await send(refused)
                message = {**message, "body": body}
            elif message.get("body", b"").startswith(START):  # each event is one part
                message = {**message, "body": coded_event(message["body"])}
            await send(message)

        await self.app(scope, receive, send_coded)


def coded_event(event: bytes) -> bytes:
    """Return the event of an error with its title as its code, too."""
    error = json.loads(event[len(START) - 1 :])
    error["code"] = error.get("title") or "server_failed"
    return START[:-1] + json.dumps(error).encode() + b"\n\n"


def coded_refusal(body: bytes, status: int) -> bytes:
    """Return gradio's {"detail": why} with `error` and `code`, too; what is no such object as it is."""
    try:
        told = json.loads(body)
    except ValueError:
        return body
    if not isinstance(told, dict):
        return body
    why = told.get("detail")
    ours = {
        "error": why if isinstance(why, str) else json.dumps(why),
        "code": OF_STATUS.get(status, "bad_call"),
    }
    return json.dumps(ours | told).encode()
