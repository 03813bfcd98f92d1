"""The Label tab: images to label, the pair that teaches most, how far the labelling is.

In: uploaded images, one key an answer. Out: answers in the log; contradictions, implied pairs, forecasts.
Open `tab` first; `pair_view` is the pair on screen, `pool_bar` the images.
"""
