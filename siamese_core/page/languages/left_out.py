"""Say in the reader's language what a listing passed over, which `LeftOut.line` tells in English."""

import re

from siamese_core.page.languages.words import t

START = "left out: "
PART = re.compile(r"([\d,]+) ([^(]+?)(?: \((.*)\))?", re.DOTALL)  # "12 .heic", "2 unreadable (a.png, b.png)"
BETWEEN = re.compile(r", (?=[\d,]+ )")  # before the count of the next part; names in a part seldom look so


def told_left_out(line: str) -> str:
    """Return the line with each of its parts in the reader's language, and the first letter large."""
    parts = line.split("; ")
    told = [_listed(part.removeprefix(START)) if part.startswith(START) else t(part) for part in parts]
    words = "; ".join(told)
    return words[:1].upper() + words[1:]


def _listed(parts: str) -> str:
    return t("left out: {parts}", parts=", ".join(map(_told, BETWEEN.split(parts))))


def _told(part: str) -> str:
    found = PART.fullmatch(part)
    if not found:
        return part
    count, reason, files = found.groups()
    words = t("{count} {reason}", count=count, reason=t(reason))
    return f"{words} ({t(files)})" if files else words
