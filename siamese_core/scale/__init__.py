"""Embed more images than fit into memory, into shards that `find` and others read.

In: folders and zips of images, a checkpoint. Out: Parquet shards, and what was left out.
Open `embedding` first: it says what a run does; `sources` lists the files, `batches` reads them.
"""
