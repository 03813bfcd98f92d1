"""`embed`: the embeddings of folders and zips of images, as Parquet shards."""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.cli.arguments import add_data, add_encoder_option
from siamese_core.cli.command import DEFAULT_ENCODER, CommandResult, open_workbench
from siamese_core.cli.dataset import add_strict
from siamese_core.data.progress import Progress

if TYPE_CHECKING:
    from siamese_core.scale.sources import Sources
    from siamese_core.workspace.picking import Picked

SUMMARY = "embed folders and zips of images into Parquet shards"


def add_arguments(parser: ArgumentParser) -> None:
    add_data(parser, required=True, words="folder or zip of images, at any depth; may be repeated")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of the shards; what an earlier run embedded into it stays",
    )
    add_encoder_option(parser, f"which encoder embeds ({DEFAULT_ENCODER})", DEFAULT_ENCODER)
    add_strict(parser)
    parser.set_defaults(run=embed)


def embed(options: Namespace, progress: Progress) -> CommandResult:
    """Embed what no shard holds yet; tell what the shards hold, and what was left out."""
    from siamese_core.data.left_out import told
    from siamese_core.embeddings.shards import ShardFolder
    from siamese_core.scale.embedding import embed_files
    from siamese_core.scale.sources import list_sources

    started = time.perf_counter()
    sources = list_sources(options.data)
    if options.strict:
        sources.left_out.require_none()
    picked = _picked(options, sources)
    checkpoint = picked.checkpoint

    def report(done: int, files: int) -> None:
        progress(done / files, f"{done:,} of {files:,} files")

    embed_files(checkpoint, sources.files, options.out, report)
    folder = ShardFolder(options.out)
    shards = [each for each in folder.shards() if each.checkpoint == checkpoint.id]
    images = sum(each.rows for each in shards)
    left_out = sources.left_out + folder.left_out(checkpoint.id)
    found = {"shards": len(shards), "images": images, "left_out": left_out.json()}
    words = f"{len(shards)} shards in {options.out} by {checkpoint.id}"
    return CommandResult(
        found | {"seconds": round(time.perf_counter() - started, 3)},
        (picked.note, words, told(images, left_out)),
    )


def _picked(options: Namespace, sources: "Sources") -> "Picked":
    from siamese_core.workspace.picking import Images, pick

    sample = sources.sample()
    return pick(open_workbench(options), options.encoder, Images(len(sample), sample.__getitem__))
