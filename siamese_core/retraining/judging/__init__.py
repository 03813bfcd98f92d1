"""Tests whether a candidate ranks pairs of identities better that neither it nor its parent has learned from.

In: answers and both checkpoints. Out: the gain in the area under the ROC with its p, and how many answers
such a test likely needs. Open `ranking_test` first; `held_out` scores the pairs, `outlook` looks ahead.
"""
