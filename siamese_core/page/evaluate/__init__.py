"""The Evaluate tab: measure the encoders on a person's images, see where they fail, choose a threshold.

In: data, settings, a click on a cell or a pair. Out: a report in the workspace and its plots; another
threshold. Open `tab` first; `form` asks what to measure, `shown_report` draws, `threshold` and `details` are
about one model.
"""
