"""Link to what a tab shows, and say which link names what the workspace lacks.

A link is `/?tab=TAB&name=value`. The browser turns its parameters into what the tab remembers
(assets/web/scripts/parts/links.js), so that a link opens as a reload does: `memory.recall`. A tab says what
it shows with `workbench.links.shows(tab, {name: value})`, and with `takes(tab, act)` what to do when a link
to it is clicked while the page is open; `layout.link_checks` has a check for each tab.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from siamese_core.images.store import ImageStore
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.memory import recalled
from siamese_core.page.parts.notices import listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import trouble

ASKED = "() => JSON.stringify(workbench.links.asked)"
MAX_TOLD = 40  # characters of what a link names

Check = Callable[
    [Mapping[str, object]], str
]  # a link's parameters -> what is wrong, in words; "" for nothing


def link_to(tab: str, **parameters: str) -> str:
    """Return the address of what a tab shows, for <a data-link href>: a click goes there without a reload."""
    return "?" + urlencode({"tab": tab} | parameters)


def stored_images(store: ImageStore, *names: str) -> Check:
    """Return a check that the images under these parameters are in the workspace."""

    def check(parameters: Mapping[str, object]) -> str:
        asked = {name: parameters[name] for name in names if name in parameters}
        lost = [f"{name}={str(image)[:MAX_TOLD]}" for name, image in asked.items() if image not in store]
        if not lost:
            return ""
        return t(
            "This link names an image that is not in this workspace. Received: {images}. Ask for the image "
            "itself, or open the link where it was made.",
            images=", ".join(lost),
        )

    return check


def any_parameters(parameters: Mapping[str, object]) -> str:
    """Accept every link to a tab that checks its parameters itself."""
    return ""


def build_link_notice(page: gr.Blocks, checks: Mapping[str, Check]) -> Panel:
    """Return the line above the tabs that says what is wrong with the link by which the page was opened.

    checks: by the id of each tab.
    """
    notice, asked = Panel(elem_id="link-notice"), gr.Textbox(visible=False)

    def check_link(text: str) -> Markup | None:
        return link_trouble(checks, text)

    listen(page.load, check_link, asked, notice, js=ASKED)
    return notice


def link_trouble(checks: Mapping[str, Check], asked: str) -> Markup | None:
    """Return what is wrong with {"tab", "parameters"}, as JSON; None where nothing is."""
    link = recalled(asked)
    tab, parameters = link.get("tab"), link.get("parameters")
    if not isinstance(tab, str):
        return None
    if tab not in checks:
        words = t("A link names a tab: {tabs}. Received: {tab}.", tabs=", ".join(checks), tab=tab[:MAX_TOLD])
    else:
        words = checks[tab](parameters if isinstance(parameters, dict) else {})
    return trouble(translatable("This link cannot be followed."), words) if words else None
