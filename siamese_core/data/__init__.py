"""Folders, archives and lists of images as labelled data.

In: paths. Out: a `Dataset` of classes, a list of pairs, or pairs, batches and episodes drawn from them.
Open `datasets` first; `sampling` draws.
"""
