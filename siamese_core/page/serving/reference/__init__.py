"""Describe the HTTP interface out of the code that serves it: a page for people, OpenAPI for programs.

In: the page with its endpoints, the routes beside them. Out: `/reference` and `/reference.json`.
Open `endpoints` first, which reads the signatures; `examples` writes the calls that the tests run.
"""
