"""The one exception whose message is shown to people in place of a traceback; words for all others."""

import re

INVALID = "invalid_value"
# What programs are told beside the message, and what it means for them. Codes stay; messages may change.
CODES = {
    INVALID: "A parameter has a value that it cannot have. Mend the call.",
    "bad_call": "The call lacks a parameter, has one too many, or its body is not what is asked for.",
    "not_uploaded": "A file was named that no upload gave. Upload it first.",
    "not_an_image": "The file is no image that can be read: another format, damaged, empty or too large.",
    "unknown_image": "The workspace has no image with this id, or what is stored under it is damaged.",
    "same_image": "A pair is two different images.",
    "unknown_label": "There is no label with this id that stands: unknown, or taken back already.",
    "request_id_reused": "This request_id belongs to another answer. Take a new one for each answer.",
    "nothing_to_ask": "There are no images to ask about or to search. Add some.",
    "not_ready": "The server is still loading or preparing. Try again in a minute.",
    "checkpoint_failed": "The checkpoint that should answer cannot be loaded. The server needs its owner.",
    "newer_version": "A later version of the program wrote this file. The server needs its owner.",
    "storage_failed": "Answers or images cannot be read or written: a full disk, a lost database. Nothing of "
    "the call was kept. Try again once whoever runs the server has acted.",
    "unauthenticated": "The server asks who is calling.",
    "forbidden": "Whoever is calling may not do this, or calls from another site.",
    "unknown_host": "The server does not answer by this host name.",
    "not_found": "There is nothing at this address, or no endpoint of this name.",
    "too_large": "The request is larger than the server takes.",
    "too_many_requests": "Too many calls at once. Wait, then try again.",
    "unavailable": "The server ends, or cannot take the call now. Try again in a minute.",
    "server_failed": "The server failed for a reason that the caller cannot mend. Its log says why.",
}


class UserError(Exception):
    """A problem that the person at the screen can solve.

    The message says the rule, then "Received: ...", then what to do, on one line. The page shows it as a
    notice; the command line prints it as `error: ...` and exits with 2. code: one of `CODES`, for programs.
    """

    def __init__(self, message: str, code: str = INVALID):
        super().__init__(message)
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """Return the lines that a notebook shows of it in place of a traceback, as IPython asks for them."""
        return [f"UserError: {self}"]


def can_pass(failure: BaseException) -> bool:
    """Return whether the same may work later: the system could not read or write, as with a full disk."""
    return isinstance(failure, OSError) or isinstance(failure.__cause__, OSError)


def refuse_newer(schema: object, known: int, what: str) -> None:
    """Raise UserError where a later version wrote a file: the number of its form is above the one known.

    schema: as the file tells it, an integer or its digits; anything else, or nothing, is of no later version.
    """
    digits = str(schema) if isinstance(schema, int | str) else ""
    if digits.isascii() and digits.isdigit() and int(digits[:9]) > known:
        raise UserError(
            f"This version reads {what} up to schema {known}. Received: schema {digits[:9]}, which a later "
            "version wrote. Open it with that version; nothing was changed.",
            "newer_version",
        )


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
