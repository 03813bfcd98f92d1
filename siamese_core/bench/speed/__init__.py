"""Measure the program's speed against the plain way of doing the same, a module a benchmark.

In: what loads a checkpoint. Out: `Benchmark`s, in seconds, with the ratio that a target bounds.
Open `benchmark` first; the plain way is written in each module beside ours.
"""
