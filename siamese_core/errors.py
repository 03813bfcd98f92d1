"""The one exception whose message is shown to people in place of a traceback."""


class UserError(Exception):
    """A problem that the person at the screen can solve.

    The message says the rule, then "Received: ...", then what to do, on one line. The page shows it as a
    notice; the command line prints it as `error: ...` and exits with 2.
    """
