"""The Gradio page: a thin layer over `workspace`, and the only place that imports gradio.

In: clicks, keys, uploads, HTTP calls. Out: HTML, JSON, files.
A folder a tab; `parts` are what several tabs show; `serving` puts the page together and serves it.
Open `layout` first. Scripts and styles of the browser are in `assets`.
"""
