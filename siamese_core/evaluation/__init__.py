"""Measures a model: one-shot trials, Lake's runs, verification.

In: a model and labelled data. Out: accuracy with its interval, ROC AUC, EER, ECE.
Open `protocols` first; `baselines` needs no training, `fusion` joins both slots.
"""
