"""Write a checkpoint as one file that other programs run: images in, similarity out, and embeddings alone.

In: a checkpoint, a format (ONNX, SavedModel, TensorFlow Lite) and a path. Out: the files, which gave on 20
images what the program itself says of them.
Open `exporting` first; `fitting` brings images of any size to the network's inside the graph.
"""
