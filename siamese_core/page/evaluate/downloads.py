"""Reports as files: JSON, CSV and HTML of one or two, and the table behind each plot."""

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from siamese_core.errors import UserError
from siamese_core.reporting.drawing.html_report import csv_table, html_report
from siamese_core.reporting.drawing.look import Plot, shown_models
from siamese_core.reporting.drawing.plots import all_plots, model_plot, summary_table
from siamese_core.reporting.kept_reports import KeptReports
from siamese_core.workspace.workbench import Workbench

MOST_REPORTS = 2
TYPES = {"json": "application/json", "csv": "text/csv", "html": "text/html"}


def report_routes(workbench: Workbench) -> list[Route]:
    """Return the routes. IDS is one id, or two with "+" between."""
    kept = evaluations(workbench)

    def whole(request: Request) -> Response:
        kind = request.path_params["kind"]
        reports = read_reports(kept, request.path_params["ids"])
        if kind == "json":
            text = json.dumps(reports[0] if len(reports) == 1 else reports, indent=1, ensure_ascii=False)
        elif kind == "csv":
            text = csv_table(summary_table(reports))
        elif kind == "html":
            text = html_report(reports, workbench.images)
        else:
            raise UserError(f"A report is given as {', '.join(TYPES)}. Received: {ascii(kind)[:20]}.")
        return as_file(text, f"evaluation-{reports[0]['id']}", kind)

    def table(request: Request) -> Response:
        reports = read_reports(kept, request.path_params["ids"])
        plot = plot_named(reports, request.path_params["plot"])
        return as_file(csv_table(plot.table), f"{plot.name}-{reports[0]['id']}", "csv")

    return [
        Route("/evaluations/{ids}/{plot}.csv", or_gone(table)),
        Route("/evaluations/{ids}.{kind}", or_gone(whole)),
    ]


def evaluations(workbench: Workbench) -> KeptReports:
    """Return the reports of a workspace."""
    return KeptReports(workbench.workspace / "evaluations")


def csv_of(reports: list[dict], plot: str) -> str:
    """Return the address of the table behind a plot of reports."""
    return f"evaluations/{'+'.join(report['id'] for report in reports)}/{plot}.csv"


def read_reports(kept: KeptReports, ids: str) -> list[dict]:
    """Return the reports of "ID" or "ID+ID". UserError where one is not there."""
    named = ids.replace(" ", "+").split("+")[:MOST_REPORTS]
    return [kept.read(each) for each in dict.fromkeys(named)]


def plot_named(reports: list[dict], name: str) -> Plot:
    """Return the plot of that name ("confusion-2": of the third model); UserError where there is none."""
    plots = all_plots(reports)
    kind, _, number = name.partition("-")
    shown = shown_models(reports)
    if kind == "confusion" and number.isdecimal() and int(number) < len(shown):
        plots[name] = model_plot(reports, shown[int(number)].label)
    if plots.get(name) is None:
        raise UserError(
            f"A plot is one of {', '.join(plots)}. Received: {ascii(name)[:40]}. Reload the page."
        )
    return plots[name]


def as_file(text: str, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(text, media_type=TYPES[kind], headers=headers)


def or_gone(handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Wrap a handler so that a UserError is answered in words, with status 404."""

    def careful(request: Request) -> Response:
        try:
            return handler(request)
        except UserError as problem:
            return PlainTextResponse(f"error: {problem}\n", 404)

    return careful
