"""Learns how to compare embeddings, as functions of arrays.

In: embeddings (n, d), answered pairs, unlabelled images. Out: a metric (two-covariance model) and its
calibration, clusters of images, nearest neighbours. Open `learning` first; `two_covariance` has the model.
"""
