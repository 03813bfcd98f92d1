"""An opened workspace: the verbs that the page, HTTP and the command line share.

In: images and answers. Out: comparisons, rankings, rows of the log.
Open `workbench` first; `matching` loads, embeds, compares and ranks, `recording` writes answers.
"""
