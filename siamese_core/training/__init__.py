"""Trains an encoder and a head on classes of images; knows no log and no page.

In: a dataset and options. Out: a checkpoint, calibrated and measured on classes held out.
Open `runs` first; `trainer` has the loop.
"""
