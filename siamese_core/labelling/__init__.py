"""Chooses which pairs to ask a person about next (active learning), and combines the answers.

In: a pool of images, the answers so far. Out: pairs, each with the probability of being drawn; what answers
imply, and where they contradict each other. Open `queue` first; `strategies` scores what is worth asking.
"""
