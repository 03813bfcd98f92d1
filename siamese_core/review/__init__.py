"""Reviews the answers: probable label errors, conflicts between annotators, corrections, exports.

In: the log and the scores of today's checkpoints. Out: an ordered list, new rows of the log, zips for
training. Open `reviewing` first; `label_errors` has the arithmetic.
"""
