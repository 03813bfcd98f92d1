"""Train an encoder and a head on classes of images, or on listed pairs. Knows no log and no page.

In: a `TrainingRequest` with paths of data. Out: a checkpoint, calibrated and measured on classes held out.
Open `runs` first: it goes from the request to the saved checkpoint. `trainer` has the loop over steps, and
`batches` what a step is given.
"""
