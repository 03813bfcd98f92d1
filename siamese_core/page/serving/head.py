"""Put scripts into the page that run before gradio's own, and although those cannot be loaded.

What gradio is given as `head` is added by its scripts, once they run.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siamese_core.data.assets import ASSETS

SCRIPTS = [ASSETS / "web" / "scripts" / name for name in ("language.js", "address.js")]
END = b"</head>"


class HeadScripts:
    """ASGI middleware that adds the scripts to the page's head."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        texts = [file.read_text(encoding="utf-8") for file in SCRIPTS]
        self.scripts = "".join(f"<script>{text}</script>" for text in texts).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        start, body = {}, bytearray()

        async def send_whole(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                page = bytes(body).replace(END, self.scripts + END, 1)
                MutableHeaders(scope=start)["Content-Length"] = str(len(page))
                await send(start)
                await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, send_whole)
