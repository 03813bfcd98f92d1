"""What a listing of images passed over, and why: counted, named, told in one line."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from siamese_core.errors import UserError
from siamese_core.images.kinds import how_to_read

UNREADABLE, LOCKED, METHOD = "unreadable", "locked by a password", "of a packing method that is not read"
DEAD_LINK, LOOP, CLOSED_FOLDER = (
    "link that leads nowhere",
    "link that leads back",
    "folder that cannot be opened",
)
OUTSIDE, LOOSE, DEEPER = (
    "name that leads outside",
    "beside the class folders",
    "deeper than the class folders",
)
SPECIAL = "no regular file"
NO_SUFFIX = "without a suffix"
_MANY = {
    DEAD_LINK: "links that lead nowhere",
    LOOP: "links that lead back",
    CLOSED_FOLDER: "folders that cannot be opened",
    OUTSIDE: "names that lead outside",
    SPECIAL: "no regular files",
}
ARCHIVES = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"}
SHOWN_NAMES = 3  # of files, for each reason
LISTED_FILES = 1000  # in JSON


@dataclass(frozen=True)
class PassedOver:
    """A file that was left out. reason: a constant of this module, or the suffix of a file of another kind;
    why: in words, where the reason is not enough."""

    name: str
    reason: str
    why: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Everything that a listing passed over; hidden files and those of the system do not count.

    notes: what else a person should know of the names, such as classes that look alike.
    """

    files: tuple[PassedOver, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files or self.notes)

    def __add__(self, other: "LeftOut") -> "LeftOut":
        return LeftOut((*self.files, *other.files), (*self.notes, *other.notes))

    def counts(self) -> dict[str, int]:
        """Count the files by reason, most frequent first."""
        return dict(Counter(each.reason for each in self.files).most_common())

    def line(self) -> str:
        """Tell all in one line, as "left out: 12 .heic, 1 link that leads nowhere"; "" where nothing was."""
        parts = [_part(reason, count, self.files) for reason, count in self.counts().items()]
        told = [f"left out: {', '.join(parts)}"] if parts else []
        more = (
            [f"and {len(self.notes) - SHOWN_NAMES:,} more such names"]
            if len(self.notes) > SHOWN_NAMES
            else []
        )
        return "; ".join([*told, *self.notes[:SHOWN_NAMES], *more])

    def json(self) -> dict:
        """Return the counts by reason, and the name of each file with why (of the first `LISTED_FILES`)."""
        files = [{"name": each.name, "why": each.why or each.reason} for each in self.files[:LISTED_FILES]]
        return {"counts": self.counts(), "files": files, "notes": list(self.notes)}

    def require_none(self) -> None:
        """Raise UserError if anything was left out."""
        if self.files:
            raise UserError(
                f"With --strict every file must be an image that can be read. Received: {self.line()}. "
                "Remove or repair these files, or leave --strict out."
            )


def told(images: int, left_out: LeftOut) -> str:
    """Tell how many images were read and what was left out: "2,470 images; left out: 12 .heic"."""
    count = f"{images:,} image{'' if images == 1 else 's'}"
    return "; ".join(filter(None, (count, left_out.line())))


def _part(reason: str, count: int, files: Iterable[PassedOver]) -> str:
    words = f"{count:,} {_MANY.get(reason, reason) if count > 1 else reason}"
    if reason in (UNREADABLE, LOCKED, METHOD):
        names = [each.name for each in files if each.reason == reason]
        more = f" and {len(names) - SHOWN_NAMES:,} more" if len(names) > SHOWN_NAMES else ""
        return f"{words} ({', '.join(names[:SHOWN_NAMES])}{more})"
    hint = "unpack it" if reason in ARCHIVES else how_to_read(reason)
    return f"{words} ({hint})" if hint else words
