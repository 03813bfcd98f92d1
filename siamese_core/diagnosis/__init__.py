"""Find what is wrong with a network, images, labels or a split, with the cause and the remedy.

In: a checkpoint, or data. Out: `Finding`s, each with a level, a measured and an expected value.
Open `diagnose` first: it says which checks are made. The checks are in `image_checks`, `label_checks` and
`network_checks`.
"""
