"""The Retrain tab: start a retraining, read its report, choose what serves."""
