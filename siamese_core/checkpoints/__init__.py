"""Checkpoints on disk, and which one serves in each slot.

In: an encoder, a head, a calibration and a threshold. Out: a folder that is complete or absent.
Open `checkpoint` first; `card` says what a checkpoint is, `store` lists, promotes and rolls back.
"""
