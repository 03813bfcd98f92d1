"""The networks: encoders (image to embedding), heads (two embeddings to a logit), losses.

In: names and sizes. Out: Keras models and layers.
Open `encoders` first.
"""
