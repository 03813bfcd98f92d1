"""`python -m siamese_core`: options in, one verb called, JSON or text out.

In: arguments. Out: an exit code.
Open `main` first; `options` says what can be asked for.
"""
