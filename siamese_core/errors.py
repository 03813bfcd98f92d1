"""The one exception that is shown to people instead of a traceback."""


class UserError(Exception):
    """Something that the person at the screen can mend.

    The message says the rule, then "Received: ...", then what to do, on one line.
    The page shows it as a notice; the command line prints it as ``error: ...`` and exits with 2.
    """
