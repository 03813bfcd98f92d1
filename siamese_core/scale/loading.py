"""Bring mined pairs into the queue of a workspace: their images into its pool, then the pairs."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from siamese_core.data.archives import list_archive
from siamese_core.data.files import ImageFile
from siamese_core.data.left_out import UNREADABLE, LeftOut, PassedOver
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.labelling.mined_pairs import MinedPair, MinedPairs, read_pairs
from siamese_core.labelling.pool import Pool
from siamese_core.scale.object_store import local_path, read_object
from siamese_core.workspace.workbench import Workbench

CHANGED = "not the image that was mined"  # why a file was left out


@dataclass(frozen=True)
class Loaded:
    """pairs: added to those that wait; images: of them, now in the pool; left_out: files of others."""

    pairs: int
    images: int
    left_out: LeftOut

    def json(self) -> dict:
        return {"pairs": self.pairs, "images": self.images, "left_out": self.left_out.json()}


def load_pairs(workbench: Workbench, file: Path, progress: Progress) -> Loaded:
    """Import and embed the images of mined pairs, and let the queue ask the pairs before others.

    A pair whose image cannot be read, or has changed since, is left out. UserError where the file is none.
    """
    pairs = read_pairs(file)
    pool = Pool(workbench)
    there = {each.image_id for each in pool.images()}
    wanted = _files(pairs)
    missing = {image_id: name for image_id, name in wanted.items() if image_id not in there}
    unreadable = _import(pool, missing)
    pool.work(progress)
    there = {each.image_id for each in pool.images()}
    changed = [
        PassedOver(name, CHANGED)
        for image_id, name in missing.items()
        if image_id not in there and name not in {each.name for each in unreadable}
    ]
    usable = [each for each in pairs if there.issuperset(each.pair)]
    added = MinedPairs(pool.files.folder).add(usable)
    images = {image_id for each in usable for image_id in each.pair}
    return Loaded(added, len(images), LeftOut((*unreadable, *changed)))


def _files(pairs: list[MinedPair]) -> dict[str, str]:
    left = {each.left_id: each.left_file for each in pairs}
    return left | {each.right_id: each.right_file for each in pairs}


def _import(pool: Pool, files: Mapping[str, str]) -> list[PassedOver]:
    """Put files into the pool, under their paths; returns those that cannot be read."""
    passed, found = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(files.values()):
            copy = Path(folder) / f"{number}"
            try:
                copy.write_bytes(read_named(name))
            except (UserError, OSError) as problem:
                passed.append(PassedOver(name, UNREADABLE, str(problem)))
                continue
            found.append((copy, name.split("://")[-1].replace(":", "")))
        if found:
            pool.files.add_files(found)
    return passed


def read_named(name: str) -> bytes:
    """Return the bytes of a file as `embed` names it: by its path, in a zip too, or by its URI."""
    path = local_path(name)
    if path is None:
        return read_object(name)
    if path.is_file():
        return path.read_bytes()
    archive = next((each for each in path.parents if each.is_file()), None)
    file = _in_archive(archive).get(name) if archive else None
    if file is None:
        raise UserError(
            f"The files of mined pairs must be where they were embedded. Received: {name}, which is not "
            "there. Start this in the folder in which embed ran, or mine the pairs again."
        )
    return file.read()


@cache
def _in_archive(archive: Path) -> dict[str, ImageFile]:
    return {(archive / each.name).as_posix(): each for each in list_archive(archive, archive.name).images}
