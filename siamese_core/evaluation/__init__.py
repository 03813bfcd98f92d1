"""Measure a model: one-shot trials, Lake's runs, verification.

In: a model and labelled data. Out: accuracy with its interval, ROC AUC, EER, ECE.
Open `protocols` first; `baselines` compare without training, `fusion` joins both slots in one model.
"""
