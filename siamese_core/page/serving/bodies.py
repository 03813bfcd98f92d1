"""Read the JSON body of a request, and refuse what gradio would accept: any size, URLs that it fetches."""

import json
from collections.abc import Iterator

from starlette.types import Message, Receive

from siamese_core.page.serving.policy import Refusal

MAX_JSON_BYTES = 1_000_000  # a support set of 500 files takes about 150 kB
MAX_DRAINED_BYTES = (
    16_000_000  # read and dropped, since a caller who is still sending does not see the refusal
)


async def checked_body(receive: Receive) -> Receive:
    """Return a `receive` that replays the body. Refusal if it is too long or has URLs in place of files."""
    body, length, more = bytearray(), 0, True
    while more and length <= MAX_DRAINED_BYTES:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
        part = message.get("body", b"")
        length += len(part)
        if length <= MAX_JSON_BYTES:
            body += part
    if length > MAX_JSON_BYTES:
        raise Refusal(413, f"A request may have {MAX_JSON_BYTES} bytes. Received: more. Upload files first.")
    try:
        content = json.loads(bytes(body) or b"null")
    except (ValueError, RecursionError):
        raise Refusal(400, "The body of a request must be JSON. Received: something else.") from None
    if any(_is_elsewhere(mapping) for mapping in _mappings(content)):
        raise Refusal(
            400,
            "A file must be uploaded before it is named. Received: a URL, or an SVG drawing, which a browser "
            "sends as one. Save a drawing as PNG; POST other files to /gradio_api/upload.",
        )
    return _replay(bytes(body), receive)


def _mappings(content: object) -> Iterator[dict]:
    waiting = [content]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _is_elsewhere(mapping: dict) -> bool:
    """Whether a file is given by a data URL or by the address of another server, which gradio would fetch.

    Gradio's front end sends a `url` with each file, too; it is followed only if it is a data URL.
    """
    path, url = (str(mapping.get(key) or "").strip().lower() for key in ("path", "url"))
    return "://" in path or path.startswith("data:") or url.startswith("data:")


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()  # waits until the caller disconnects
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
