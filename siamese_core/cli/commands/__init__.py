"""The commands, a module each: `SUMMARY`, `add_arguments`, and the functions that they run.

In: parsed options, and a function that shows progress. Out: a `CommandResult`.
`compare` is the simplest. What only one command needs is imported inside its function, so that the log and
the list of checkpoints answer at once.
"""
