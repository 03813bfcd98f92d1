"""Trains a candidate on the answers of the log, judges it on what it never saw, promotes or keeps it.

In: answered pairs and the parent checkpoint. Out: a report and a new checkpoint. Open `retrain` first;
`candidate` trains, `holdout` splits, `judging` decides on promotion, `forecast`
predicts what more answers bring.
"""
