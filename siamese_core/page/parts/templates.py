"""Render the page's templates: files `*.html.jinja`, each beside the module that fills it.

Every value is escaped unless it is Markup, and only templates (and single tags in Python) make Markup: the
names of files, classes and annotators can hold anything. `panel.Panel` takes the result to the browser.
"""

import base64
import re
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from siamese_core.answers.corrections import Verdict, logged_verdicts
from siamese_core.answers.label_row import LabelRow
from siamese_core.images.decoding import encode_png
from siamese_core.networks.encoders import SLOTS, slot_title
from siamese_core.page.languages.chosen import LANGUAGES
from siamese_core.page.languages.left_out import told_left_out
from siamese_core.page.languages.words import t_markup
from siamese_core.page.parts import formatting

FOLDER = Path(__file__).resolve().parent.parent


class JoinedLines(Extension):
    """Drops the line breaks of a template and the indentation after them.

    So a template can be indented and still puts no white space between elements. Inside a text or a tag, a
    line break becomes one space.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        beside_a_tag = r"(?<=[<>{}])\s*\n\s*|\s*\n\s*(?=[<>{}])"
        return re.sub(r"\s*\n\s*", " ", re.sub(beside_a_tag, "", source.strip()))


def png_url(image: np.ndarray) -> str:
    """Return uint8 pixels (height, width[, 1 or 3]) as a data URL."""
    if image.ndim == 2 or image.shape[2] == 1:
        image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return f"data:image/png;base64,{base64.b64encode(encode_png(image)).decode()}"


def breakable(name: str) -> Markup:
    """Return a name that may go on in the next line after an underscore, as after a hyphen."""
    return Markup("_<wbr>").join(name.split("_"))


def verdicts_by_encoder(row: LabelRow) -> dict[str, Verdict]:
    """Return what each encoder said when a row of the log was answered."""
    return {each.encoder: each for each in logged_verdicts(row)}


environment = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, extensions=[JoinedLines]
)
environment.globals.update(
    t=t_markup,
    LANGUAGES=LANGUAGES,
    SLOTS=SLOTS,
    SLOT_TITLES={slot: slot_title(slot) for slot in SLOTS},
    SIGNS=formatting.SIGNS,
)
environment.filters.update(
    answer_word=formatting.answer_word,
    similarity=formatting.similarity_text,
    t=t_markup,
    percent=formatting.percent,
    percent_with_interval=formatting.percent_with_interval,
    css_percent=formatting.css_percent,
    counted=formatting.counted,
    minute=formatting.minute,
    named=formatting.named,
    kappa=formatting.kappa,
    verdicts=verdicts_by_encoder,
    png_url=png_url,
    breakable=breakable,
    told_left_out=told_left_out,
)


def render(template: str, **values: object) -> Markup:
    """Fill a template, named by its path inside the package `page`."""
    return Markup(environment.get_template(template).render(values))  # noqa: S704
