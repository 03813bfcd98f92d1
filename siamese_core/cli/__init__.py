"""Run one command: `siamese COMMAND ...`, or `python -m siamese_core COMMAND ...`.

In: the words after the program's name. Out: a result as JSON or text, and an exit code.
Open `main` first; `parser` lists the commands, each a module of `commands` with its own arguments.
"""
