"""Names of classes and files, cleaned in one place wherever they come in: folders, archives, the page."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

INVISIBLE = {"Cc", "Cf", "Zl", "Zp"}  # Unicode categories: control, format (zero width), line separators


def clean_name(name: str) -> str:
    """Return the name in Unicode form NFC, white space collapsed and trimmed, without invisible letters.

    Bytes that are no UTF-8, which Python keeps as lone surrogates, become "\\xe9" and the like.
    """
    text = name.encode("utf-8", "surrogateescape" if _is_bytes(name) else "backslashreplace")
    text = text.decode("utf-8", "backslashreplace")
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(letter for letter in text if unicodedata.category(letter) not in INVISIBLE).strip()


def _is_bytes(name: str) -> bool:
    """Whether all halves of surrogate pairs in a name stand for bytes, as in the names of files."""
    return all("\udc80" <= letter <= "\udcff" for letter in name if "\ud800" <= letter <= "\udfff")


def clean_path(path: str) -> str:
    """Clean each part of a path with "/"."""
    return "/".join(map(clean_name, path.split("/")))


def notes_on(names: Iterable[str]) -> tuple[str, ...]:
    """Tell which names of classes, as they came in, become one when cleaned, and which only look alike."""
    raw = defaultdict(set)
    for name in names:
        raw[clean_name(name)].add(name)
    merged = [f"{_quoted(each)} are one class" for _, each in sorted(raw.items()) if len(each) > 1]
    return (*merged, *(f"{_quoted(group)} are {len(group)} classes" for group in alike(raw)))


def _quoted(names: Iterable[str]) -> str:
    *others, last = [ascii(name) if not name.isprintable() else repr(name) for name in sorted(names)]
    return f"{', '.join(others)} and {last}"


def alike(names: Iterable[str]) -> list[list[str]]:
    """Group different names that a person takes for one: by case, width, or the form of an accent."""
    groups = defaultdict(set)
    for name in names:
        groups[unicodedata.normalize("NFKC", name).casefold()].add(name)
    return [sorted(group) for _, group in sorted(groups.items()) if len(group) > 1]


def zip_entries(names: Iterable[str]) -> Iterator[str]:
    """Yield an entry of its own for each file that a zip is to hold.

    It is the file's name with the folders above it; a second `cats/a.png` is `cats/a (2).png`.
    """
    taken: set[PurePosixPath] = set()
    repeated: Counter[PurePosixPath] = Counter()
    for name in names:
        parts = clean_path(name).replace("\\", "_").split("/")  # in a zip "\\" divides folders
        path = entry = PurePosixPath(*[each for each in parts if each not in ("", ".", "..")] or ["image"])
        while entry in taken:
            repeated[path] += 1
            entry = path.with_stem(f"{path.stem} ({repeated[path] + 1})")
        taken.add(entry)
        yield str(entry)
