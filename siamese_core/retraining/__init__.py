"""Trains a candidate on the answers of the log, judges it on what it never saw, promotes or keeps it.

In: answered pairs and the parent checkpoint. Out: a report and a new checkpoint. Open `retrain` first;
`candidate` trains, `holdout` splits, `gate` decides on promotion by the tests in `judging`, `forecast`
predicts what more answers bring.
"""
