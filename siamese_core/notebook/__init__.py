"""Use a workspace from Python, as in a notebook: `from siamese_core import Workbench`.

In: images as paths, arrays, PIL images, bytes or ids. Out: results that show themselves as HTML, as pandas
tables and as Plotly figures. Open `workbench` first; `results` holds what its methods return.
"""
