"""Put scripts into the page that run before gradio's own, and although those cannot be loaded.

They also translate what the page was built with.

What gradio is given as `head` is added by its scripts, once they run.
"""

import json
import re

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from siamese_core.data.assets import ASSETS
from siamese_core.page.languages.chosen import LANGUAGES, wanted
from siamese_core.page.languages.words import catalogue, in_language
from siamese_core.page.parts.callers import CALLER

SCRIPTS = [ASSETS / "web" / "scripts" / name for name in ("language.js", "address.js")]
TRANSLATED = ("/", "/config")
END = "</head>"
CONFIG = re.compile(r"(<script>window\.gradio_config = )(.*?)(;</script>)", re.DOTALL)
# as gradio escapes JSON inside a script
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"}


class HeadScripts:
    """ASGI middleware that adds the scripts to the page's head.

    It also makes the page speak the reader's language.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        texts = [file.read_text(encoding="utf-8") for file in SCRIPTS]
        self.scripts = "".join(f"<script>{text}</script>" for text in texts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in TRANSLATED:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        language = wanted(request.cookies, request.headers.get("accept-language", ""))
        start, body = {}, bytearray()

        async def send_whole(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                whole = bytes(body)
                if start["status"] == 200:
                    whole = self.translated(scope, whole.decode(), language).encode()
                headers = MutableHeaders(scope=start)
                if CALLER in scope:
                    headers["Cache-Control"] = "no-store"  # it holds who has logged in
                headers["Content-Length"] = str(len(whole))
                headers.add_vary_header("Accept-Language, Cookie")
                await send(start)
                await send({"type": "http.response.body", "body": whole})

        await self.app(scope, receive, send_whole)

    def translated(self, scope: Scope, text: str, language: str) -> str:
        """Return the page, or its configuration as JSON, in a language."""
        if scope["path"] == "/config":
            return json.dumps(in_language(json.loads(text), language))

        def configured(found: re.Match) -> str:
            return found[1] + in_script(in_language(json.loads(found[2]), language)) + found[3]

        told = {"language": language, "languages": LANGUAGES, "words": catalogue(language)["page"]}
        if known := scope.get(CALLER):
            told["account"] = {"name": known.name, "role": known.role, "formToken": known.form_token}
        scripts = f"<script>window.siamese = {in_script(told)};</script>{self.scripts}"
        page = CONFIG.sub(configured, text, count=1).replace(END, scripts + END, 1)
        return re.sub(r'(<html\s+lang=")en', rf"\g<1>{language}", page, count=1)


def in_script(content: object) -> str:
    """Return JSON that ends no script, whatever stands in it."""
    text = json.dumps(content, ensure_ascii=False)
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return text
