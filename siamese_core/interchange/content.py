"""What a file of another program says, whatever its format, and what is said to one.

In: pairs with an answer, or images with a class. Out: the answers of a log, and the groups that they imply.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from siamese_core.answers.label_row import LabelRow
from siamese_core.data.tables import WrongRow


@dataclass(frozen=True)
class LabelledPair:
    """An answer to two images, by the names that the file has for them.

    place: where it stands in the file, in words; line: its line, 0 where lines mean nothing; label_id: the
    answer's in the log that wrote the file, "" if none.
    """

    place: str
    left: str
    right: str
    answer: str
    annotator: str = ""
    created_at: str = ""
    note: str = ""
    label_id: str = ""
    line: int = 0


@dataclass(frozen=True)
class Box:
    """A part of an image, in pixels of the size (width, height) that the file says it has."""

    left: float
    top: float
    width: float
    height: float
    size: tuple[int, int]


@dataclass(frozen=True)
class ClassedImage:
    """An image, or the part of one in a box, and its class. place: as of a `LabelledPair`, its own."""

    place: str
    name: str
    class_name: str
    box: Box | None = None


@dataclass(frozen=True)
class Content:
    """What was read. wrong: parts that could not be used; notes: what was passed over, in words."""

    pairs: tuple[LabelledPair, ...] = ()
    images: tuple[ClassedImage, ...] = ()
    wrong: tuple[WrongRow, ...] = ()
    notes: tuple[str, ...] = ()


def wrong_part(place: str, why: str) -> WrongRow:
    """Return a part of a file without lines that could not be used."""
    return WrongRow(0, f"{place}: {why}")


@dataclass(frozen=True)
class LoggedAnswers:
    """What is exported of a log.

    standing: the latest answer of each annotator on each pair; settled: sure and contradicted by nobody, one
    a pair; groups: image ids that answers call the same; size: (width, height) of a stored image, px.
    """

    standing: tuple[LabelRow, ...]
    settled: tuple[LabelRow, ...]
    groups: tuple[tuple[str, ...], ...]
    size: Callable[[str], tuple[int, int]]


@dataclass(frozen=True)
class Written:
    """An export. texts: by name of the file; images: ids, by the path of each; counts: what is in it."""

    texts: Mapping[str, str]
    images: Mapping[str, str]
    counts: Mapping[str, int]


def image_files(ids: Iterable[str], folder: str = "images") -> dict[str, str]:
    """Return the ids of images by the paths that they get in an export, each once."""
    return {f"{folder}/{image_id}.png": image_id for image_id in dict.fromkeys(ids)}
