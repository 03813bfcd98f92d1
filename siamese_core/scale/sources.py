"""List the files that are to be embedded, at any depth of folders, zips and object stores."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from siamese_core.data.archives import list_archive
from siamese_core.data.files import ImageFile, Listing, list_folder
from siamese_core.data.left_out import LeftOut
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.scale.object_store import list_objects, local_path

LOOKED_AT = 16  # images by which the checkpoint is chosen


@dataclass(frozen=True)
class Sources:
    """files: each named by the path that was given and its own below it; left_out: what else lay there."""

    files: tuple[ImageFile, ...]
    left_out: LeftOut

    def others(self, known: Collection[str]) -> tuple[ImageFile, ...]:
        """Return the files whose names are not `known`, in order."""
        return tuple(file for file in self.files if file.name not in known)

    def sample(self) -> list[np.ndarray]:
        """Return a few images, evenly spread over the files that can be decoded.

        UserError where none can.
        """
        step = max(1, len(self.files) // LOOKED_AT)
        found = list(islice(_decoded([*self.files[::step], *self.files]), LOOKED_AT))
        if not found:
            raise UserError(
                f"Data must hold images that can be read. Received: {len(self.files)} files, of which none "
                f"is. {self.left_out.line()}".rstrip()
            )
        return found


def list_sources(places: Sequence[Path | str]) -> Sources:
    """List the images of folders and zips, by paths, and of object stores, by URIs.

    UserError where a place is none of these.
    """
    listings = [_listing(place) for place in dict.fromkeys(places)]
    files = tuple(file for each in listings for file in each.images)
    return Sources(files, sum((each.left_out for each in listings), LeftOut()))


def _listing(place: Path | str) -> Listing:
    path = local_path(place)
    if path is None:
        return list_objects(str(place))
    if path.is_dir():
        found = list_folder(path.absolute())
    elif path.exists():
        found = list_archive(path.absolute(), path.name)
    else:
        raise UserError(f"Data must be a folder or a zip that exists. Received: {path}. Check the path.")
    named = tuple(replace(file, name=(path / file.name).as_posix()) for file in found.images)
    return Listing(named, found.left_out)


def _decoded(files: Sequence[ImageFile]) -> Iterator[np.ndarray]:
    for file in files:
        try:
            yield decode_image(file.read(), file.name)
        except UserError:
            continue
