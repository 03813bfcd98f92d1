"""How the report of a retraining is drawn."""

from siamese_core.page.retrain.report import report_section


def shares(accuracy: float) -> dict:
    return {"accuracy": accuracy, "ci95": [accuracy - 0.1, accuracy + 0.1], "eer": 0.2, "roc_auc": None}


def test_a_report_shows_the_pairs_and_escapes_what_it_is_given():
    pair = {"left": "a" * 64, "right": "b" * 64, "answer": "same", "before": 0.2, "after": 0.8}
    drawn = report_section(
        {
            "encoder": "koch",
            "candidate": "koch-1",
            "parent": "koch-0",
            "reason": "Better: <script>",
            "promoted": True,
            "before": shares(0.5),
            "after": shares(0.75),
            "base_before": shares(0.6),
            "base_after": shares(0.6),
            "fixed": [pair] * 30,
            "broken": [],
            "labels": 40,
            "training": 30,
            "holdout": 10,
            "holdout_same": 5,
            "answers_dropped": 2,
            "images_gone": 1,
            "seconds": 3.0,
            "roc": {"before": None, "after": None},
        }
    )
    assert "&lt;script&gt;" in drawn and "<script>" not in drawn
    assert "koch: promoted" in drawn and "75.0 % (65–85)" in drawn
    assert drawn.count("0.20 → 0.80") == 24 and "and 6 more" in drawn
    assert "one kind of pair only" in drawn and "<svg" not in drawn
