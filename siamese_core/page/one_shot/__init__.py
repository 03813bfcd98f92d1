"""The One-shot tab: a query and a support set, ranked by each encoder.

In: a query image, a support set of images with class names. Out: each encoder's ranking of the classes; a
click on the right class becomes pairs in the log. Open `tab` first; `support` is the set, `ranking` draws the
cards.
"""
