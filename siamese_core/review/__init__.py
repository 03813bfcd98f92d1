"""Answers looked at again: likely label errors, conflicts, exports.

In: the log and what checkpoints say now. Out: an ordered list, new rows, zips.
Open `reviewing` first.
"""
