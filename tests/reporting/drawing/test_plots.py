"""Every plot holds the report's numbers, and says in words and in a table what it shows."""

import json

import pandas as pd
import pytest

from siamese_core.reporting.drawing.look import Plot, shown_models
from siamese_core.reporting.drawing.plots import PLOTS, all_plots, model_plot, readable_table, summary_table


@pytest.fixture(scope="module")
def kept(report) -> dict:
    """The report as it is read from its file, with a visitor's result."""
    person = {"name": "Ada", "correct": [True], "value": 1.0, "ci95": [0.2, 1.0], "count": 1, "total": 1}
    return json.loads(json.dumps(report | {"id": "20260101T000000-aaaaaa", "people": [person]}))


def traces(plot: Plot, name: str) -> list:
    return [trace for trace in plot.figure.data if trace.name == name]


def test_each_plot_has_a_sentence_and_a_table(kept):
    plots = all_plots([kept])
    assert tuple(plots) == PLOTS
    for plot in plots.values():
        assert "Koch" in plot.words or "koch" in plot.words.lower() or len(plot.words) > 20
        assert len(plot.table) and json.loads(plot.figure.to_json())["data"]


def test_accuracy_is_drawn_where_it_was_measured_with_its_band_baselines_and_people(kept):
    plot = all_plots([kept])["accuracy_by_n"]
    first = shown_models([kept])[0]
    (line,) = traces(plot, first.label)
    measured = [each for each in first.entry["one_shot"] if each["k_shot"] == 1]
    assert list(line.x) == [each["n_way"] for each in measured]
    assert list(line.y) == [each["accuracy"] for each in measured]
    (people,) = traces(plot, "people")
    assert (list(people.x), list(people.y)) == ([3], [1.0])
    (baseline,) = traces(plot, "Pixels, cosine")
    assert list(baseline.x) == [3]
    assert "By chance 33.3% of 3-way trials are right." in plot.words
    assert not [each for each in plot.figure.layout.annotations if "Koch" in each.text]


def test_published_results_are_marked_only_on_lakes_runs(kept):
    lake = kept | {"data": kept["data"] | {"kind": "lake"}}
    plot = all_plots([lake])["accuracy_by_n"]
    told = [each.text for each in plot.figure.layout.annotations]
    assert told == ["Koch et al. 2015: 92.0%", "people (Lake et al. 2015): 95.5%"]


def test_two_reports_are_drawn_beside_each_other_under_names_of_their_own(kept):
    other = kept | {"id": "20260101T000001-bbbbbb", "created_at": "2026-01-01T00:00:01Z"}
    labels = [each.label for each in shown_models([kept, other])]
    assert len(set(labels)) == len(labels) == 2 * len(kept["models"])
    assert set(all_plots([kept, other])["roc"].table["model"]) == set(labels)
    looks = [(each.colour, each.dash, each.symbol) for each in shown_models([kept, other])[:6:2]]
    assert len(set(looks)) == len(looks)


def test_a_cell_of_the_confusion_carries_its_number(kept):
    worst = max(shown_models([kept]), key=lambda each: (each.entry["confusion"] or {})["errors"])
    plot = model_plot([kept], worst.label)
    (heat,) = plot.figure.data
    cells = worst.entry["confusion"]["cells"]
    numbers = sorted(number for row in heat.customdata for number in row if number >= 0)
    assert numbers == list(range(len(cells)))
    assert sum(plot.table["times"]) == worst.entry["confusion"]["errors"]


def test_the_table_of_figures_is_the_reports(kept):
    table = summary_table([kept])
    assert list(table["eer"]) == [each["verification"]["eer"] for each in kept["models"]]
    assert list(table["n_way"]) == [3] * len(kept["models"])
    assert readable_table([kept])["Model"].tolist() == table["model"].tolist()


def test_answers_without_trials_and_groups_have_the_other_plots(kept):
    models = [each | {"one_shot": [], "groups": [], "confusion": None} for each in kept["models"]]
    pairs_only = kept | {"main": None, "models": models, "people": []}
    assert set(all_plots([pairs_only])) == {"roc", "similarities", "reliability"}
    assert model_plot([pairs_only], "") is None
    assert not isinstance(summary_table([pairs_only]).get("n_way"), pd.Series)
