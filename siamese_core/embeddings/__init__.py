"""Keeps embeddings, in memory and in a workspace, and normalises scores against those of its pool.

In: embeddings by a checkpoint. Out: embeddings by image id, and the checkpoint calibrated by the pool.
Open `embedding_store` first; `kept_embeddings` finds them again, `cohorts` chooses what scores are normalised
against, `shards` reads and writes them as Parquet.
"""
