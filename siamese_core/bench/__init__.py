"""Measure the program: its speed against the plain way, and what answers teach in a simulated loop.

In: a checkpoint, for the loop also data. Out: `Benchmark`s in seconds; rows of error rates for the loop.
Open `catalogue` first: it lists the benchmarks of speed, a module each; `loop` is the simulation.
"""
