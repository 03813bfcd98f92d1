"""`embed`: the embeddings of folders and zips of images, as Parquet shards."""

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from siamese_core.cli.arguments import add_data, add_encoder_option, add_ray, named_place
from siamese_core.cli.command import DEFAULT_ENCODER, CommandResult, open_workbench
from siamese_core.cli.dataset import add_strict
from siamese_core.data.progress import Progress

if TYPE_CHECKING:
    from siamese_core.checkpoints.checkpoint import Checkpoint
    from siamese_core.scale.embedding import Report
    from siamese_core.scale.sources import Sources
    from siamese_core.workspace.picking import Picked

SUMMARY = "embed folders and zips of images into Parquet shards"


def add_arguments(parser: ArgumentParser) -> None:
    words = (
        "folder or zip of images, at any depth, or the URI of a folder in an object store; may be repeated"
    )
    add_data(parser, required=True, words=words, kind=named_place)
    parser.add_argument(
        "--out",
        type=named_place,
        required=True,
        metavar="DIR",
        help="folder of the shards, or the URI of one; what an earlier run embedded into it stays",
    )
    add_encoder_option(parser, f"which encoder embeds ({DEFAULT_ENCODER})", DEFAULT_ENCODER)
    add_ray(parser)
    add_strict(parser)
    parser.set_defaults(run=embed)


def embed(options: Namespace, progress: Progress) -> CommandResult:
    """Embed what no shard holds yet; tell what the shards hold, and what was left out."""
    from siamese_core.data.left_out import told
    from siamese_core.embeddings.shards import ShardFolder
    from siamese_core.scale.sources import list_sources

    started = time.perf_counter()
    sources = list_sources(options.data)
    if options.strict:
        sources.left_out.require_none()
    picked = _picked(options, sources)
    checkpoint = picked.checkpoint

    def report(done: int, files: int) -> None:
        progress(done / files, f"{done:,} of {files:,} files")

    _embed(options, checkpoint, sources, report)
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


def _embed(options: Namespace, checkpoint: "Checkpoint", sources: "Sources", report: "Report") -> None:
    if options.ray is None:
        from siamese_core.scale.embedding import embed_files

        embed_files(checkpoint, sources.files, options.out, report)
    else:
        from siamese_core.scale.ray_embedding import embed_over_ray

        kept = checkpoint.id, open_workbench(options).checkpoints.folder(checkpoint.id)
        embed_over_ray(options.ray, kept, sources.files, options.out, report)


def _picked(options: Namespace, sources: "Sources") -> "Picked":
    from siamese_core.workspace.picking import Images, pick

    sample = sources.sample()
    return pick(open_workbench(options), options.encoder, Images(len(sample), sample.__getitem__))
