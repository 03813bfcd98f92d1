"""A place for one picture: upload, webcam and clipboard by gradio, drawing and Ctrl+V by assets/page.js."""

from dataclasses import dataclass

import gradio as gr
from markupsafe import Markup

from siamese_core.page.notices import detail, listen
from siamese_core.page.panel import Panel
from siamese_core.page.uploads import PageImage, read_upload

PAD = Markup(
    '<div class="pad"><p class="trouble" role="alert" hidden></p>'
    '<canvas width="560" height="560" aria-label="Drawing: {label}"></canvas>'
    '<div class="tools"><button type="button" data-draw aria-label="Draw">✎<span> Draw</span></button>'
    '<button type="button" data-step>Undo stroke</button><button type="button" data-wipe>Clear</button>'
    '<button type="button" data-done>Done</button></div></div>'
)
PAD_SCRIPT = "workbench.pad(element, (file) => trigger('given', file), upload)"


@dataclass(frozen=True)
class PicturePlace:
    image: PageImage
    pad: Panel


def build_picture_place(name: str, label: str, height: int = 240) -> PicturePlace:
    """`name` becomes the elem_id of the image; its column gets the class `place`, the pad `<name>-pad`."""
    with gr.Column(elem_classes="place", min_width=150):
        image = PageImage(
            label=label,
            elem_id=name,
            format="png",
            sources=["upload", "webcam", "clipboard"],
            buttons=["fullscreen"],
            interactive=True,
            height=height,
            alt_text=label,
            placeholder="Drop, choose or paste a picture",
        )
        pad = Panel(PAD.format(label=label), elem_id=f"{name}-pad", script=PAD_SCRIPT)

    def given(event: gr.EventData):
        path = detail(event, "path")
        return None if path is None else read_upload(path, detail(event, "name"))

    listen(pad.given, given, None, image, trigger_mode="always_last")
    return PicturePlace(image, pad)
