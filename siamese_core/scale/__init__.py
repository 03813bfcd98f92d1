"""Embed, mine, load and train with more images than fit into memory, or on more than one machine.

In: folders, zips and object stores of images, a checkpoint. Out: Parquet shards that `find` and `mine` read,
pairs for the queue, and checkpoints. Open `embedding` first: it says what a run does; `ray_embedding` does
the same on a Ray cluster, `mining` finds the pairs worth an answer, `ray_training` trains on a cluster.
"""
