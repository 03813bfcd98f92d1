"""Searches many stored embeddings for those most similar to one, exactly, by the encoder's own head.

In: embeddings and a checkpoint. Out: the most similar images with similarity and verdict; groups.
Open `gallery` first; `rows` compares one image with all others, `best` picks the most similar without leaving
one out, `finding` does it for a workspace, `groups` and `near_duplicates` put images together.
"""
