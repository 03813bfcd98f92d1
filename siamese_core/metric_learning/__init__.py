"""Learns how to compare embeddings, as functions of arrays.

In: embeddings, answered pairs, unlabelled images. Out: a metric (two-covariance model), clusters, neighbours.
Open `learning` first; `two_covariance` has the arithmetic.
"""
