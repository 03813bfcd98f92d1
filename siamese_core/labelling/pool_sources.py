"""Where the images to label come from: folders and zips, listed with their limits."""

from pathlib import Path

from siamese_core.data.archives import list_archive
from siamese_core.data.files import Listing, list_folder
from siamese_core.errors import UserError
from siamese_core.images.kinds import SUFFIXES

MAX_IMAGES = 50_000  # in a workspace


def pool_folder(folder: Path) -> Listing:
    """List every image file below a folder. UserError if it is no folder, or holds none or too many."""
    if not folder.is_dir():
        raise UserError(
            f"Images to label lie in a folder. Received: {folder}, which is none. Check the name."
        )
    return _limited(list_folder(folder), folder.name)


def pool_zip(archive: Path, name: str) -> Listing:
    """List every image file in a zip; messages call it `name`. UserError if it is none, or holds none or too
    many images."""
    return _limited(list_archive(archive, name), name)


def _limited(listing: Listing, name: str) -> Listing:
    if not 1 <= len(listing.images) <= MAX_IMAGES:
        beside = f" ({listing.left_out.line()})" if listing.left_out else ""
        raise UserError(
            f"There are 1 to {MAX_IMAGES} images to label. "
            f"Received: {len(listing.images)} in {name}{beside}. "
            f"Give files of these kinds, at any depth: {', '.join(sorted(SUFFIXES))}."
        )
    return listing
