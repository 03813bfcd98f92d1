"""The Retrain tab: start a retraining, read its report, choose what serves.

In: an encoder, a mode, a click on a checkpoint. Out: a report; another checkpoint that serves.
Open `tab` first; `report` and `checkpoints` draw, and `parts.background` runs the retraining.
"""
