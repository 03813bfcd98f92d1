"""Embed, mine and load more images than fit into memory, in one process or on a Ray cluster.

In: folders, zips and object stores of images, a checkpoint. Out: Parquet shards that `find` and `mine` read,
and pairs for the queue. Open `embedding` first: it says what a run does; `ray_embedding` does the same on
several machines, `mining` finds the pairs worth an answer.
"""
