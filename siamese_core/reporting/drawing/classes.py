"""Plots of what an average hides: classes taken for each other, results of each group."""

from collections.abc import Sequence

import pandas as pd

from siamese_core.reporting.drawing.accuracy import error_bars
from siamese_core.reporting.drawing.look import (
    DIFFERENT,
    PERCENT,
    Plot,
    ShownModel,
    figure,
    percent,
    percent_with_interval,
)
from siamese_core.reporting.drawing.sentences import Sentence, sentence
from siamese_core.reporting.sources import short_class

CELL = 18  # px
MOST_LABELS = 12  # of classes, below the columns
TOLD = 3  # confusions in words


def confusion_plot(each: ShownModel) -> Plot | None:
    """Return which classes a model takes for which; a cell's customdata is its number in the report."""
    confusion = each.entry["confusion"]
    if not confusion or not confusion["cells"]:
        return None
    names = class_names(each.report, confusion)
    classes = confusion["classes"]
    place = {name: number for number, name in enumerate(classes)}
    counts = [[None] * len(classes) for _ in classes]
    numbers = [[-1] * len(classes) for _ in classes]
    for number, cell in enumerate(confusion["cells"]):
        if cell["true"] in place and cell["picked"] in place:
            row, column = place[cell["true"]], place[cell["picked"]]
            counts[row][column], numbers[row][column] = cell["count"], number
    labels = [names[name] for name in classes]
    drawn = figure(CELL * len(classes) + 150)
    drawn.add_heatmap(
        z=counts,
        x=labels,
        y=labels,
        customdata=numbers,
        colorscale=[[0, "#fbd9bf"], [1, DIFFERENT]],
        showscale=False,
        xgap=1,
        ygap=1,
        texttemplate="%{z}",
        hoverongaps=False,
        hovertemplate="%{y} taken for %{x}: %{z}<extra></extra>",
    )
    drawn.update_layout(
        xaxis={"title": {"text": "taken for"}, "tickangle": -60, "type": "category", "showgrid": False},
        margin={"r": 4},
        yaxis={"title": {"text": "class"}, "autorange": "reversed", "type": "category", "showgrid": False},
    )
    few = len(classes) <= MOST_LABELS
    drawn.update_xaxes(tickmode="linear", tickfont={"size": 11}, showticklabels=few)
    if not few:
        drawn.update_xaxes(title={"text": "taken for (columns in the order of the rows)"})
    drawn.update_yaxes(tickmode="linear", tickfont={"size": 11})
    return Plot(
        "confusion", f"Classes confused by {each.label}", drawn, _told(each, names), _cells(each, names)
    )


def class_names(report: dict, confusion: dict) -> dict[str, str]:
    """Return what people read of each class, every name once."""
    groups = report["data"]["groups"]
    classes = sorted({*confusion["asked"], *confusion["classes"]})
    short = [short_class(name, groups) for name in classes]
    return {name: told if short.count(told) == 1 else name for name, told in zip(classes, short, strict=True)}


def _told(each: ShownModel, names: dict[str, str]) -> tuple[Sentence, ...]:
    confusion = each.entry["confusion"]
    most = [
        sentence(
            "{right} taken for {picked} {count} times",
            right=names[cell["true"]],
            picked=names[cell["picked"]],
            count=cell["count"],
        )
        for cell in confusion["cells"][:TOLD]
    ]
    return (
        sentence(
            "{errors} of {trials} trials are wrong. Most often: {most}.",
            errors=confusion["errors"],
            trials=confusion["trials"],
            most=tuple(most),
        ),
    )


def _cells(each: ShownModel, names: dict[str, str]) -> pd.DataFrame:
    cells = each.entry["confusion"]["cells"]
    return pd.DataFrame(
        {
            "class": [names[cell["true"]] for cell in cells],
            "taken_for": [names[cell["picked"]] for cell in cells],
            "times": [cell["count"] for cell in cells],
        }
    )


def group_plot(shown: Sequence[ShownModel]) -> Plot | None:
    """Return how often verdicts are right within each group, with 95 % intervals; None without groups."""
    table = group_table(shown)
    if table.empty:
        return None
    groups = list(dict.fromkeys(table["group"]))
    models = [each for each in shown if each.label in set(table["model"])]
    drawn = figure((20 + 12 * len(models)) * len(groups) + 130)
    for number, each in enumerate(models):
        rows = table[table["model"] == each.label]
        aside = (number - (len(models) - 1) / 2) * 0.7 / len(models)
        drawn.add_scatter(
            x=rows["accuracy"],
            y=[groups.index(name) + aside for name in rows["group"]],
            name=each.label,
            mode="markers",
            marker={"symbol": each.symbol, "size": 8, "color": each.colour},
            error_x=error_bars(rows),
            customdata=rows[["group", "pairs"]],
            hovertemplate="%{customdata[0]}: %{x:.1%} of %{customdata[1]}<extra>%{fullData.name}</extra>",
        )
    drawn.update_layout(
        xaxis={"title": {"text": "pairs judged rightly"}, "tickformat": PERCENT},
        yaxis={"tickvals": list(range(len(groups))), "ticktext": groups, "autorange": "reversed"},
        legend={"y": -70 / (drawn.layout.height - 60)},
    )
    return Plot("groups", "Results by group", drawn, _told_groups(table), table)


def group_table(shown: Sequence[ShownModel]) -> pd.DataFrame:
    """Return a row for each model and group."""
    rows = []
    for each in shown:
        for found in each.entry["groups"]:
            at, one_shot = found["at_threshold"], found["one_shot"]
            rows.append(
                {
                    "model": each.label,
                    "group": found["group"],
                    "pairs": found["pairs"],
                    "accuracy": found["accuracy"],
                    "low": found["ci95"][0],
                    "high": found["ci95"][1],
                    "false_positive_rate": at["fpr"] and at["fpr"]["value"],
                    "false_negative_rate": at["fnr"] and at["fnr"]["value"],
                    "equal_error": found["eer"],
                    "n_way": one_shot and one_shot["n_way"],
                    "n_way_accuracy": one_shot and one_shot["accuracy"],
                }
            )
    return pd.DataFrame(rows)


def _told_groups(table: pd.DataFrame) -> tuple[Sentence, ...]:
    told = []
    for model, rows in table.groupby("model", sort=False):
        worst = rows.loc[rows["accuracy"].idxmin()]
        best = rows["accuracy"].max()
        value = percent_with_interval(worst["accuracy"], (worst["low"], worst["high"]))
        told.append(
            sentence(
                "{model} is worst on {group}: {worst}, against {best} on its best group.",
                model=model,
                group=worst["group"],
                worst=value,
                best=percent(best),
            )
        )
    return tuple(told)
