"""Tells which regions of two images make an encoder find them alike, and which set them apart.

In: two images and the checkpoint that compared them. Out: maps over both images, pairs of places that match,
a sentence with the numbers behind the verdict. Open `explaining` first; `decomposing` is exact, for pooled
embeddings, `occluding` covers regions, for all others.
"""
