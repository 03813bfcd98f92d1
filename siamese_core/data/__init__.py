"""Images on disk as labelled data, and the pairs, batches and episodes that are sampled from it.

In: folders, zips, CSV lists. Out: a `Dataset` of classes, a `PairList`, or samples of image numbers.
Open `datasets` first, then `sampling`; `files` decides which files are images and which are hidden.
"""
