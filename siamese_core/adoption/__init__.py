"""Adopt a network that was made elsewhere as a checkpoint.

In: a file of Keras or ONNX, or its name on the Hugging Face hub, and images whose classes are known. Out: a
checkpoint whose preparation was verified on them.
Open `adopting` first; `opening` finds the file, `keras_graph` and `onnx_graph` read it, `verifying` tries it.
"""
