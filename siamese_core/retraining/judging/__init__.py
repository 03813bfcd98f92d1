"""Judges whether a candidate may replace its parent, by pairs that neither has learned from.

In: answers and what both checkpoints say. Out: whether the candidate is better, with the reason; and how many
answers it likely takes to show that. Open `gate` first; `held_out` scores the pairs that the answers imply,
`ranking_test` tests them, `outlook` looks ahead.
"""
