"""The Gradio page, the only package that imports gradio.

In: clicks, keys, uploads, HTTP calls. Out: markup, JSON, files, all made by the verbs of `workspace`.
`serving` builds and serves the page and its HTTP endpoints; `layout` places the tabs, one folder each;
`parts` is what several tabs use. Markup is in templates (`*.html.jinja`) beside the modules that fill them;
scripts and styles are in `assets/web`. Open `layout` first.
"""
