"""Measure the people who answer: how much, how fast, how consistent, and whether at random.

In: rows of the log, gold questions. Out: kappas with intervals, shares, a sequential test, in words too.
Open `people` first; `agreement` has the kappas, `sequential` the test, `README.md` what it was measured with.
"""
