"""Folders as the Hugging Face hub has them: a checkpoint as a model repository, answers as a dataset.

In: a checkpoint's folder; the log and the images. Out: a new folder that can be uploaded as it is. Open
`model_repository` and `dataset_folder` first; `model_card` and `dataset_card` write their README.md.
"""
