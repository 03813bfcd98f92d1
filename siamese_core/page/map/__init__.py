"""The Map tab: the pool's images as points, near each other where an encoder finds them alike.

In: the embeddings of the pool. Out: a scatter of them; a selection that goes to Compare, Find, the queue or
the log, as one class.
Open `tab` first; `points` and `arrows` collect what is drawn.
"""
