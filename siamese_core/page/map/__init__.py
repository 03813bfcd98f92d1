"""The Map tab: the pool's images as points, near each other where an encoder finds them alike.

In: the embeddings of the pool. Out: a scatter of them; a selection that goes to Compare, Find or the queue.
Open `tab` first; `points` collects what is drawn.
"""
