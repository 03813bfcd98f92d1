"""Images on disk as labelled data, and the pairs, batches and episodes that are sampled from it.

In: folders, zips, CSV lists. Out: a `Dataset` of classes, a `PairList`, or samples of image numbers, and what
was `left_out` with reasons.
Open `datasets` first, then `sampling`; `files` reads folders, `archives` zips, `tables` CSV,
`names` cleans what they say.
"""
