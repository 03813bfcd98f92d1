"""`find`: the images of a folder, or of embeddings that are there, most similar to an image."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType

from siamese_core.cli.arguments import add_ask_anyway, add_encoders, whole
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.dataset import add_strict
from siamese_core.cli.notes import notes
from siamese_core.cli.terminal import one_line, table
from siamese_core.data.progress import Progress
from siamese_core.networks.encoders import SLOTS

if TYPE_CHECKING:
    from siamese_core.data.left_out import LeftOut
    from siamese_core.searching.asking import Matches, Search
    from siamese_core.workspace.workbench import Workbench

SUMMARY = "find the images most similar to an image"
TOP = 24


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("image", type=Path, metavar="IMAGE", help="the image to search for")
    among = parser.add_mutually_exclusive_group(required=True)
    among.add_argument(
        "--images", type=Path, metavar="DIR", help="folder or zip of images at any depth; embeddings are kept"
    )
    among.add_argument(
        "--embeddings",
        metavar="DIR",
        help="folder of Parquet shards, or the URI of one, as embed writes them",
    )
    parser.add_argument(
        "--top", type=whole(1), default=TOP, metavar="K", help="how many images (%(default)s)"
    )
    add_encoders(parser)
    add_ask_anyway(parser)
    add_strict(parser)
    parser.set_defaults(run=find)


def find(options: Namespace, progress: Progress) -> CommandResult:
    """Tell each encoder's most similar images, with similarity and verdict."""
    from siamese_core.data.left_out import told
    from siamese_core.images.decoding import decode_image
    from siamese_core.searching.asking import Search

    query = decode_image(options.image)
    workbench = open_workbench(options)
    search = Search(query, options.encoders or SLOTS, options.top, options.ask_anyway)
    matches, left_out = _searched(options, workbench, search, progress)
    if options.strict:
        left_out.require_none()
    json = {"query": workbench.images.add(query), "results": [each.json() for each in matches]}
    shown = [part for each in matches for part in _shown(each)]
    images = max(each.found.images for each in matches)
    lines = [*notes(workbench, [each.found for each in matches]), told(images, left_out)]
    return CommandResult(json | {"left_out": left_out.json()}, (*shown, *lines))


def _searched(
    options: Namespace, workbench: "Workbench", search: "Search", progress: Progress
) -> "tuple[list[Matches], LeftOut]":
    if options.embeddings is not None:
        from siamese_core.embeddings.shards import ShardFolder
        from siamese_core.searching.shard_search import search_shards

        return search_shards(workbench, search, ShardFolder(options.embeddings), progress)

    from siamese_core.labelling.pool_sources import pool_folder, pool_zip
    from siamese_core.searching.folder_search import FolderSearch

    place = options.images
    listing = pool_zip(place, place.name) if place.is_file() else pool_folder(place)
    return FolderSearch(workbench, search, listing).run(progress)


def _shown(matches: "Matches") -> list[RenderableType]:
    found = matches.found
    if found.abstains and not len(found.hits):
        return [f"{found.network}: abstains ({found.checkpoint})", ""]
    anyway = ", asked anyway" if found.abstains else ""
    chance = "" if found.false_hits is None else f", at most about {found.false_hits:,.1f} of them by chance"
    title = (
        f"{found.network}: {found.images:,} images{anyway} (threshold {found.threshold:.2f}{chance}, "
        f"{found.checkpoint})"
    )
    said = zip(matches.images, found.hits.similarity, found.hits.same, strict=True)
    rows = [
        (one_line(image["path"]), f"{similarity:.2f}", "same" if same else "different")
        for image, similarity, same in said
    ]
    return [title, table(("image", "similarity", "verdict"), rows), ""]
