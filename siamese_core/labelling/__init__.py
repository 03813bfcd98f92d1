"""Which pairs to ask a person about next, and what the answers say together.

In: a pool of images, the answers so far. Out: pairs, each with the chance of being drawn.
Open `queue` first; `strategies` says what makes a pair worth asking.
"""
