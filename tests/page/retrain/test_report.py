"""How the report of a retraining is drawn."""

from pathlib import Path

from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.page.retrain.report import report_section, roc_plot


def shares(accuracy: float) -> dict:
    return {"accuracy": accuracy, "ci95": [accuracy - 0.1, accuracy + 0.1], "eer": 0.2, "roc_auc": None}


def report(**more) -> dict:
    return {
        "encoder": "koch",
        "candidate": "koch-1",
        "parent": "koch-0",
        "reason": "Better: <script>",
        "promoted": True,
        "before": shares(0.5),
        "after": shares(0.75),
        "base_before": shares(0.6),
        "base_after": shares(0.6),
        "fixed": [],
        "broken": [],
        "labels": 40,
        "training": 30,
        "holdout": 10,
        "holdout_same": 5,
        "answers_dropped": 2,
        "images_gone": 1,
        "seconds": 3.0,
        "roc": {"before": None, "after": None},
    } | more


def section(made: dict) -> str:
    return report_section(made, CheckpointNames(CheckpointStore(Path("none"), Path("none"))))


def test_a_report_shows_the_pairs_and_escapes_what_it_is_given():
    pair = {"left": "a" * 64, "right": "b" * 64, "answer": "same", "before": 0.2, "after": 0.8}
    drawn = section(report(fixed=[pair] * 30))
    assert "&lt;script&gt;" in drawn and "<script>" not in drawn
    assert "Koch CNN: promoted" in drawn and "75.0 % (65–85)" in drawn
    assert drawn.count("0.20 → 0.80") == 24 and "and 6 more" in drawn
    assert f"?tab=compare&amp;left={'a' * 64}&amp;right={'b' * 64}" in drawn
    assert "one kind of pair only" in drawn and "<svg" not in drawn


def changed(number: int, **more) -> dict:
    pair = {"left": f"{number}" * 64, "right": "b" * 64, "answer": "same", "before": 0.2, "after": 0.9}
    return pair | {"same_before": False, "same_after": True, "worse": False} | more


def test_after_a_promotion_ten_pairs_show_what_changed_and_which_got_worse():
    worse = {"before": 0.8, "after": 0.3, "same_before": True, "same_after": False, "worse": True}
    pairs = [
        *(changed(number) for number in range(7)),
        *(changed(number, **worse) for number in range(7, 10)),
    ]
    ranking = {"identities": 30, "auc_before": 0.951, "auc_after": 0.968}
    drawn = section(report(changed=pairs, ranking=ranking))
    shown = drawn[drawn.index("What changed most") : drawn.index("Fixed:")]
    assert shown.count("<li") == 10 and shown.count("<img") == 20
    assert shown.count("got worse") == 3 and "0.80" in shown and "0.30" in shown
    assert shown.index("0.90") < shown.index("got worse")
    assert "30 identities held out" in drawn and "95.1 %" in drawn and "96.8 %" in drawn
    assert "What changed most" not in section(report(changed=pairs, promoted=False))


def test_a_report_of_an_earlier_version_has_no_ranking_and_no_changes():
    assert "What changed most" not in section(report())


def test_both_curves_are_a_plot_with_a_sentence_and_a_table():
    curve = {"fpr": [0.0, 0.0, 1.0], "tpr": [0.0, 0.5, 1.0]}
    measured = {"before": {"roc_auc": 0.75}, "after": {"roc_auc": 0.8}}
    plot = roc_plot(measured | {"roc": {"before": curve, "after": curve}})
    assert [trace.name for trace in plot.figure.data] == ["before", "after"]
    assert "0.750 before and 0.800 after" in plot.words and len(plot.table) == 6
    assert roc_plot(report()) is None
