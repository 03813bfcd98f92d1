"""Draw reports: tables, Plotly figures, one HTML file.

In: one report or two, to be seen side by side. Out: for each plot a figure, a sentence that says the same,
and the table behind it. Open `plots` first; `look` holds colours and layout.
"""
