"""Build a place for one picture. Upload, webcam and clipboard are gradio's; drawing and Ctrl+V are those of
scripts/parts/picture.js."""

from dataclasses import dataclass

import gradio as gr

from siamese_core.errors import UserError
from siamese_core.page.languages.words import t
from siamese_core.page.parts.notices import detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.page.parts.uploads import PageImage, Picture, Unreadable, received

PAD_SCRIPT = "workbench.picture.place(element, (file) => trigger('given', file))"


@dataclass(frozen=True)
class PicturePlace:
    """A place and its state. Handlers write `refusal` of what is in `image` into `refused`, which empties the
    place of a file that is no image."""

    image: PageImage
    refused: gr.State
    pad: Panel


def latest(picture: Picture, refused: Unreadable | None) -> Picture:
    """Return what was given last, also where the place has refused it and is empty again."""
    return refused if picture is None else picture


def refusal(picture: Picture) -> Unreadable | None:
    """Return why the file is no image; None where it is one, or nothing was given."""
    return picture if isinstance(picture, Unreadable) else None


def build_picture_place(name: str, label: str, height: int = 228) -> PicturePlace:
    """Build a column of class `place`: the image with the elem_id `name` and its pad, `<name>-pad`."""
    with gr.Column(elem_classes="place", min_width=150):
        image = PageImage(
            label=label,
            elem_id=name,
            format="png",
            sources=["upload", "webcam", "clipboard"],
            buttons=["fullscreen"],
            interactive=True,
            height=height,
            webcam_options=gr.WebcamOptions(mirror=False),  # else what is stored is mirrored, too
            alt_text=label,
            placeholder=t("Drop, choose or paste a picture"),
        )
        refused = gr.State(None)
        pad = Panel(render("parts/pad.html.jinja", label=label), elem_id=f"{name}-pad", script=PAD_SCRIPT)

    def given(event: gr.EventData):
        try:
            return None if detail(event, "path") is None else received(event._data).image()
        except UserError:
            if detail(event, "shown"):  # it is there already, and has been told of
                return gr.skip()
            raise

    def empty(picture: Picture):
        """Empty the place, unless another picture was given since."""
        return None if isinstance(picture, Unreadable) else gr.skip()

    listen(pad.given, given, None, image, trigger_mode="always_last")
    listen(refused.change, empty, image, image)
    return PicturePlace(image, refused, pad)
