"""Measure checkpoints and baselines by every protocol on a person's images, and keep the report.

In: class folders, a zip, the pool or the answers; the checkpoints to measure. Out: a report in the workspace
(JSON, CSV, figures, one HTML file). Open `measuring` first; `sources` reads the data, `trials` draws what is
measured, `figures` draws what was found.
"""
