"""Finds what is wrong with a model, images, labels or a split, with the cause and the remedy.

In: a checkpoint, data. Out: findings, each with a measured and an expected value.
Open `diagnose` first.
"""
