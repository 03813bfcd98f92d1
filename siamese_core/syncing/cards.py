"""The card of the dataset repository: what its files are, and how `datasets` loads the answers."""

DATASET_CARD = """---
configs:
- config_name: answers
  data_files: answers/*.jsonl
tags:
- image-similarity
---
# Answers of a Siamese Workbench

`answers/` has the events of the log, an object a line, in files that are only ever added:
`SERVER-NUMBER.jsonl`, in the order in which a server sent them. The columns are those of `pairs.csv`; an
`undo` takes back the label `target_id`; `moment` (ms since 1970) orders the rows of several servers.
`images/` has each image once, as `images/AB/ID.png`, where ID is the SHA-256 of
its shape and pixels and AB its first two digits.

The rows name the people who answered: think before making this repository public.
"""
