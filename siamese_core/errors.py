"""The one exception whose message is shown to people in place of a traceback; words for all others."""

import re


class UserError(Exception):
    """A problem that the person at the screen can solve.

    The message says the rule, then "Received: ...", then what to do, on one line. The page shows it as a
    notice; the command line prints it as `error: ...` and exits with 2.
    """


def can_pass(failure: BaseException) -> bool:
    """Return whether the same may work later: the system could not read or write, as with a full disk."""
    return isinstance(failure, OSError) or isinstance(failure.__cause__, OSError)


# The folders of an absolute path; in `and/or`, `image/png` and https://host/page there are none.
_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[/\\](?:[^/\\'\"\n]+[/\\])*(?=[^\s/\\'\"])")


def in_words(failure: Exception) -> str:
    """Return one line about an exception for the page.

    A UserError gives its own words; another one its kind and message, with paths cut down to names.
    """
    if isinstance(failure, UserError):
        return str(failure)
    if isinstance(failure, OSError) and failure.strerror:
        name = re.split(r"[/\\]", str(failure.filename))[-1] if failure.filename else ""
        return f"{name}: {failure.strerror}" if name else failure.strerror
    line = next(iter(str(failure).splitlines()), "")
    return f"{type(failure).__name__}: {_FOLDERS.sub('', line)}" if line else type(failure).__name__
