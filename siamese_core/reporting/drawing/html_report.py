"""Write a report as one HTML file that opens without internet: figures that move, images and all."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from siamese_core.errors import UserError
from siamese_core.images.decoding import encode_png, thumbnail
from siamese_core.images.store import ImageStore
from siamese_core.reporting.drawing.look import ShownModel, shown_models
from siamese_core.reporting.drawing.plots import all_plots, model_plot, readable_table

SHOWN_PAIRS = 12  # of each model
SIDE = 96  # px, of an image

environment = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parent), autoescape=True, undefined=StrictUndefined
)


def html_report(reports: Sequence[dict], store: ImageStore) -> str:
    """Return the file's text: about 5 MB, nearly all of it the library that draws."""
    shown = shown_models(reports)
    plots = list(all_plots(reports).values())
    plots += [plot for each in shown if not each.is_baseline and (plot := model_plot(reports, each.label))]
    table = readable_table(reports)
    return environment.get_template("report.html.jinja").render(
        title=f"Evaluation: {' and '.join(dict.fromkeys(report['data']['name'] for report in reports))}",
        reports=reports,
        columns=list(table.columns),
        rows=table.itertuples(index=False),
        plots=plots,
        figures=_script({plot.name: json.loads(plot.figure.to_json()) for plot in plots}),
        plotly=Markup(get_plotlyjs().replace("</script", "<\\/script")),  # noqa: S704
        hardest=[
            {"label": each.label, "pairs": _pairs(each, store)} for each in shown if not each.is_baseline
        ],
    )


def csv_table(table: pd.DataFrame) -> str:
    """Return a table as CSV in which no cell starts a formula."""
    safe = table.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell)
    return safe.to_csv(index=False)


def _script(content: object) -> Markup:
    """Return JSON that can stand in a script, whatever is in its texts."""
    return Markup(json.dumps(content).replace("<", "\\u003c"))  # noqa: S704


def _pairs(each: ShownModel, store: ImageStore) -> list[dict]:
    def url(image_id: str) -> str:
        try:
            picture = encode_png(thumbnail(store.read(image_id), SIDE))
        except UserError:  # its file was deleted since
            return ""
        return f"data:image/png;base64,{base64.b64encode(picture).decode()}"

    pairs = each.entry["hardest"]
    kinds = [[pair for pair in pairs if pair["same"] == kind][: SHOWN_PAIRS // 2] for kind in (True, False)]
    return [
        pair | {"left": url(pair["left"]), "right": url(pair["right"])} for kind in kinds for pair in kind
    ]
