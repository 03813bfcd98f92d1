"""The Retrain tab: start a retraining, read its report, choose what serves.

In: an encoder, a mode, a click on a checkpoint. Out: a report; another checkpoint that serves.
Open `tab` first; `background` runs the retraining, `report` and `checkpoints` draw.
"""
