"""Set colours and type: paper, ink, and one accent (ochre, a highlighter); list the scripts and styles.

Names of fonts are given as plain text: gradio fetches a font only where it is given as one of its classes.
"""

import re
from functools import lru_cache

import gradio as gr
from markupsafe import Markup

from siamese_core.data.assets import ASSETS

WEB = ASSETS / "web"
DARK = re.compile(r"^\.dark (\{.*?\})", re.DOTALL | re.MULTILINE)
# In the order in which they run: a script finds what stands before it under `window.workbench`.
SCRIPTS = (
    "parts/memory.js",
    "parts/words.js",
    "parts/account.js",
    "parts/rights.js",
    "parts/links.js",
    "parts/keys.js",
    "parts/outbox.js",
    "parts/unsent.js",
    "parts/uploads.js",
    "parts/masthead.js",
    "parts/samples.js",
    "parts/guide.js",
    "parts/picture.js",
    "parts/plots.js",
    "why.js",
    "compare.js",
    "one_shot.js",
    "find/groups.js",
    "find.js",
    "label/pairs.js",
    "label/drawing.js",
    "label/looking.js",
    "label.js",
    "review.js",
    "evaluate/play.js",
    "evaluate.js",
    "map/selection.js",
    "map/arrows.js",
    "map.js",
    "retrain.js",
)
# In the order in which they count: of two rules for one element, the later one.
STYLES = (
    "colours.css",
    "frame.css",
    "words.css",
    "picture.css",
    "opinions.css",
    "why.css",
    "answers.css",
    "contradictions.css",
    "one_shot.css",
    "find.css",
    "groups.css",
    "label.css",
    "review.css",
    "plots.css",
    "evaluate.css",
    "map.css",
    "retrain.css",
    "status.css",
    "guide.css",
)
FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]

PAPER = gr.themes.Color(
    name="paper",
    c50="#fbfaf7",
    c100="#f4f2ec",
    c200="#e5e1d8",
    c300="#cfc9bd",
    c400="#a39c8e",
    c500="#7a7367",
    c600="#5c564c",
    c700="#423d36",
    c800="#2a2723",
    c900="#1e1c19",
    c950="#151412",
)
OCHRE = gr.themes.Color(
    name="ochre",
    c50="#fdf6e6",
    c100="#faeac8",
    c200="#f3d694",
    c300="#e9bd5c",
    c400="#d9a035",
    c500="#b57d13",
    c600="#8a5a00",
    c700="#6d4700",
    c800="#523600",
    c900="#3b2700",
    c950="#291b00",
)


# Gradio's variables; `*name` is a colour of the theme.
VARIABLES = {
    "body_background_fill": "*neutral_50",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color": "*neutral_900",
    "body_text_color_dark": "#edeae3",
    "body_text_color_subdued": "*neutral_600",
    "body_text_color_subdued_dark": "*neutral_400",
    "background_fill_primary": "white",
    "background_fill_primary_dark": "*neutral_900",
    "background_fill_secondary": "*neutral_100",
    "background_fill_secondary_dark": "*neutral_800",
    "border_color_primary": "*neutral_200",
    "border_color_primary_dark": "#38342e",
    "border_color_accent": "*primary_600",
    "border_color_accent_dark": "*primary_300",
    "color_accent": "*primary_500",
    "color_accent_soft": "*primary_50",
    "color_accent_soft_dark": "*neutral_800",
    "link_text_color": "*primary_600",
    "link_text_color_dark": "*primary_300",
    "block_background_fill": "white",
    "block_background_fill_dark": "*neutral_900",
    "block_border_width": "1px",
    "block_radius": "10px",
    "container_radius": "10px",
    "input_radius": "6px",
    "button_large_radius": "6px",
    "checkbox_border_radius": "6px",
    "block_shadow": "none",
    "block_label_background_fill": "white",
    "block_label_background_fill_dark": "*neutral_900",
    "block_label_border_width": "0",
    "block_label_text_color": "*neutral_600",
    "block_label_text_color_dark": "*neutral_400",
    "input_background_fill": "white",
    "input_background_fill_dark": "*neutral_900",
    "input_border_color_focus": "*primary_600",
    "input_border_color_focus_dark": "*primary_300",
    "input_placeholder_color": "*neutral_500",
    "input_placeholder_color_dark": "*neutral_400",
    "button_primary_background_fill": "*neutral_900",
    "button_primary_background_fill_hover": "*neutral_700",
    "button_primary_background_fill_dark": "#edeae3",
    "button_primary_background_fill_hover_dark": "white",
    "button_primary_text_color": "*neutral_50",
    "button_primary_text_color_dark": "*neutral_950",
    "button_secondary_background_fill": "white",
    "button_secondary_background_fill_hover": "*neutral_100",
    "button_secondary_background_fill_dark": "*neutral_900",
    "button_secondary_background_fill_hover_dark": "*neutral_800",
    "button_secondary_text_color": "*neutral_900",
    "button_secondary_text_color_dark": "#edeae3",
}


def theme() -> gr.themes.Base:
    look = gr.themes.Base(
        primary_hue=OCHRE,
        secondary_hue=PAPER,
        neutral_hue=PAPER,
        font=FONT,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_lg,
    )
    return look.set(**VARIABLES)


def style() -> str:
    """Return the page's own style sheet. Gradio puts its own prefix before rules inside @media, so one there
    that names .gradio-container never matches."""
    return "\n".join((WEB / "styles" / name).read_text(encoding="utf-8") for name in STYLES)


def script() -> str:
    """Return the page's own scripts for its head: inline, so that they are there before any component."""
    texts = [(WEB / "scripts" / name).read_text(encoding="utf-8") for name in SCRIPTS]
    return "".join(f"<script>{text}</script>" for text in texts)


@lru_cache
def standalone_style(name: str) -> Markup:
    """Return the styles of a page without gradio: the colours, dark where the system is, and a file."""
    colours, own = ((WEB / "styles" / each).read_text(encoding="utf-8") for each in ("colours.css", name))
    dark = f"@media (prefers-color-scheme: dark) {{ :root {DARK.search(colours)[1]} }}"
    return Markup(f"{colours}\n{dark}\n{own}")  # noqa: S704
