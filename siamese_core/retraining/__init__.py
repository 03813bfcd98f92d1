"""From the log to a candidate, judged on the holdout, promoted or kept.

In: answered pairs and the parent checkpoint. Out: a report and a new checkpoint.
Open `retrain` first; `gate` decides on promotion.
"""
