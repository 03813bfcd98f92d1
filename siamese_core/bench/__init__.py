"""Benchmarks against the plain way of doing the same, and the labelling loop simulated.

In: names of benchmarks, data. Out: times, ratios and what answers teach.
Open `speed` first.
"""
