"""Take what was read of another program's file into the log, or write its classes as folders."""

import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.log_import import NamedImages, fit_answers
from siamese_core.answers.pair_log import LogReport, PairLog
from siamese_core.answers.table_rows import GivenRow
from siamese_core.atomic import folder_aside
from siamese_core.data.names import clean_name
from siamese_core.data.tables import WrongRow
from siamese_core.errors import UserError
from siamese_core.images.decoding import MAX_SIDE, decode_image, encode_png
from siamese_core.images.store import ImageStore
from siamese_core.interchange.class_pairs import class_pairs
from siamese_core.interchange.content import Box, ClassedImage, Content, LabelledPair, wrong_part
from siamese_core.interchange.image_places import ImagePlaces

DECODED_AT_ONCE = 8  # images kept, since annotations of one image mostly follow each other


def import_answers(content: Content, log: PairLog, images: ImageStore, folder: Path) -> LogReport:
    """Append the answers that content holds or that its classes imply, but for those that the log has.

    folder: where its images lie, which are stored. The report tells what does not fit, which costs no other.
    """
    places = ImagePlaces(folder, images)
    there, gone = _found(content.images, places)
    classed = {each.place: each for each in there}
    pairs = [*content.pairs, *class_pairs(there)]
    pictures = _pictures(places)

    def read(name: str) -> np.ndarray:
        image = classed.get(name)
        return pictures(image.name, image.box) if image else pictures(name, None)

    logged = {row.label_id: row for row in log.rows()} if any(each.label_id for each in pairs) else {}
    given = [_row(each, places, logged) for each in pairs]
    named = NamedImages(images, read)
    for each in there:  # in the order of the file, where the parts of an image follow each other
        named.id_of(each.place)
    found = fit_answers(given, [*content.wrong, *gone], named)
    found.notes.extend(content.notes)
    return log.take_read(found)


def write_classes(
    content: Content, images: ImageStore, folder: Path, out: Path
) -> tuple[int, list[WrongRow]]:
    """Write each image, cut out of its box, as OUT/CLASS/NUMBER-NAME.png; return how many, and the others.

    UserError where the content has no classes, none can be read, or OUT is there.
    """
    if not content.images:
        raise UserError(
            "Class folders need images with a class, as COCO and FiftyOne have them. Received: "
            f"{len(content.pairs)} pairs. Import these without --classes."
        )
    pictures = _pictures(ImagePlaces(folder, images))
    written, wrong = 0, list(content.wrong)
    try:
        with folder_aside(out) as aside:
            for number, each in enumerate(content.images, start=1):
                try:
                    picture = encode_png(pictures(each.name, each.box))
                except UserError as problem:
                    wrong.append(wrong_part(each.place, str(problem)))
                    continue
                class_folder = aside / folder_name(each.class_name)
                class_folder.mkdir(exist_ok=True)
                (class_folder / f"{number:06d}-{folder_name(Path(each.name).stem)[:80]}.png").write_bytes(
                    picture
                )
                written += 1
            if not written:
                raise UserError(f"Class folders need an image that can be read. Received: {wrong[0].why}.")
    except OSError as problem:
        raise UserError(
            f"Class folders go into a new folder. Received: {out}: {problem.strerror}. Name another, or make "
            "room."
        ) from problem
    return written, wrong


def folder_name(name: str) -> str:
    """Return a name as one part of a path, on every system."""
    kept = "".join(
        "_" if each in '<>:"/\\|?*' or not each.isprintable() else each for each in clean_name(name)
    )
    return kept.strip(". ")[:200] or "unnamed"


def _found(images: Sequence[ClassedImage], places: ImagePlaces) -> tuple[list[ClassedImage], list[WrongRow]]:
    """Return the images that are there, and those that are not, told once."""
    there, gone = [], []
    for each in images:
        try:
            if places.stored_id(each.name) is None:
                places.content(each.name)
            there.append(each)
        except UserError as problem:
            gone.append(wrong_part(each.place, str(problem)))
    return there, gone


def _row(pair: LabelledPair, places: ImagePlaces, logged: dict[str, LabelRow]) -> GivenRow:
    """Return the pair as a row for the log: the log's own where it says the same."""
    left, right = (places.stored_id(name) or places.short(name) for name in (pair.left, pair.right))
    row = LabelRow(
        left_id=left,
        right_id=right,
        answer=pair.answer,
        annotator=pair.annotator,
        created_at=pair.created_at,
        note=pair.note,
    )
    known = logged.get(pair.label_id)
    if known and (known.pair, known.answer, known.annotator) == (row.pair, row.answer, row.annotator):
        row = known
    return GivenRow(pair.line, row, place=pair.place)


def _pictures(places: ImagePlaces) -> Callable[[str, Box | None], np.ndarray]:
    """Return a reader of images and of parts of them, which keeps the last ones."""

    @lru_cache(maxsize=DECODED_AT_ONCE)
    def whole(name: str) -> np.ndarray:
        stored_id = places.stored_id(name)
        return places.images.read(stored_id) if stored_id else decode_image(places.content(name), name[-100:])

    def part(name: str, box: Box | None) -> np.ndarray:
        if box is None:
            return whole(name)
        image = whole(name)
        if max(box.size) > MAX_SIDE and places.stored_id(name) is None:
            return decode_image(_cut_out(places.content(name), box), name[-100:])
        scale = image.shape[1] / box.size[0]
        left, top, right, bottom = _corners(box, scale, (image.shape[1], image.shape[0]))
        return np.ascontiguousarray(image[top:bottom, left:right])

    return part


def _corners(box: Box, scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a box inside an image of this size, at least a pixel apart."""
    left, top = (
        min(max(0, round(scale * each)), side - 1)
        for each, side in zip((box.left, box.top), size, strict=True)
    )
    right = min(max(left + 1, round(scale * (box.left + box.width))), size[0])
    bottom = min(max(top + 1, round(scale * (box.top + box.height))), size[1])
    return left, top, right, bottom


def _cut_out(source: bytes | Path, box: Box) -> bytes:
    """Cut a box out of an image file that is larger than decoded images are; return it as a PNG."""
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        upright = image if image.size == box.size else ImageOps.exif_transpose(image)
        part = upright.crop(_corners(box, upright.width / box.size[0], upright.size))
        file = io.BytesIO()
        part.convert("RGBA" if part.has_transparency_data else "RGB").save(file, "PNG")
        return file.getvalue()
