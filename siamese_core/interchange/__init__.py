"""Import from and export to what other labelling programs write: a module a format.

In: a file of the format and the images that it names. Out: rows of the log, or class folders; and back, the
log as a folder with the format's file and its images. Open `formats` first; `imports`, `exports` do the work.
"""
