"""Draw a report: its leaks first, then what was measured, on which data, with links to take it away."""

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.formatting import minute
from siamese_core.page.parts.memory import remember
from siamese_core.page.parts.paragraphs import quiet
from siamese_core.page.parts.templates import render
from siamese_core.reporting.kept_reports import KeptReports

NONE_YET = translatable(
    "Nothing measured yet. Press Measure: with the sample drawings it takes a minute or two. With your "
    "own images you see how good the encoders are on them, and where they fail."
)
MOST_LISTED = 200  # evaluations in the list


def report_head(reports: Sequence[dict]) -> Markup:
    """Return what stands above the plots of one report, or of two."""
    if not reports:
        return quiet(NONE_YET, "empty")
    shown = {"result": reports[0]["id"]} | ({"beside": reports[1]["id"]} if len(reports) > 1 else {})
    ids = "+".join(report["id"] for report in reports)
    return render("evaluate/report_head.html.jinja", reports=reports, ids=ids, shown=shown) + remember(
        "evaluate", shown
    )


def result_choices(kept: KeptReports) -> list[tuple[str, str]]:
    """Return (words, id) of the reports that can be read, the newest first."""
    return [(shown_title(report), report["id"]) for report in kept.heads(MOST_LISTED)]


def shown_title(report: dict) -> str:
    """Return what to call a report among others."""
    return f"{t(report['data']['name'])}, {minute(report['created_at'])}"


def results_table(kept: KeptReports) -> pd.DataFrame:
    """Return a row for each report, as people sort and filter them."""
    rows = [
        {
            t("Made (UTC)"): minute(report["created_at"]),
            t("Data"): t(report["data"]["name"]),
            t("Images"): report["data"]["images"],
            t("Classes"): report["data"]["classes"],
            **{
                t("Equal error, {slot}", slot=entry["slot"]): _rounded(entry["verification"]["eer"])
                for entry in report["models"]
                if entry["role"] == "serves"
            },
            t("Trials"): _shape(report),
            **{
                t("Accuracy, {slot}", slot=entry["slot"]): _rounded(_main_accuracy(report, entry))
                for entry in report["models"]
                if entry["role"] == "serves"
            },
            t("Id"): report["id"],
        }
        for report in kept.heads(MOST_LISTED)
    ]
    return pd.DataFrame(rows)


def _shape(report: dict) -> str:
    return f"{report['main'][0]}-way {report['main'][1]}-shot" if report["main"] else t("pairs only")


def _main_accuracy(report: dict, entry: dict) -> float | None:
    shape = report["main"]
    found = [each for each in entry["one_shot"] if [each["n_way"], each["k_shot"]] == shape]
    return found[0]["accuracy"] if found else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
