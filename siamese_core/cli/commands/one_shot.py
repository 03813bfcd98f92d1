"""`one-shot`: rank the classes of a folder for an image."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType

from siamese_core.cli.arguments import add_ask_anyway, add_encoders
from siamese_core.cli.command import EMBEDDED_AT_ONCE, CommandResult, open_workbench
from siamese_core.cli.dataset import add_strict, with_left_out
from siamese_core.cli.notes import notes
from siamese_core.cli.terminal import one_line, table
from siamese_core.data.progress import Progress
from siamese_core.networks.encoders import SLOTS, slot_title

if TYPE_CHECKING:
    from siamese_core.data.files import ImageFile
    from siamese_core.workspace.choosing import Image
    from siamese_core.workspace.ranking import Ranking

SUMMARY = "rank the classes of a folder for an image"
SHOWN_CLASSES = 10  # of a ranking


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--query", type=Path, required=True, metavar="IMAGE", help="the image to classify")
    parser.add_argument(
        "--support",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder or zip of CLASS/image files (several of a class are its shots), or of CLASS.png files",
    )
    add_encoders(parser)
    add_ask_anyway(parser)
    add_strict(parser)
    parser.set_defaults(run=one_shot)


def one_shot(options: Namespace, progress: Progress) -> CommandResult:
    """Store the images and tell each encoder's ranking of the classes."""
    from siamese_core.data.support_folder import decoded, read_support

    workbench = open_workbench(options)

    def read(file: "ImageFile", name: str) -> "Image":
        return workbench.file_image(file.path, name) if file.path else decoded(file, name)

    query, support = workbench.file_image(options.query), read_support(options.support, read)
    if options.strict:
        support.left_out.require_none()
    encoders = options.encoders or SLOTS
    images = [image for _, image in support.images]
    workbench.ready_for([query, *images], encoders)
    domain = workbench.matcher.domain([query, *images])
    for place, encoder in enumerate(encoders):
        for start in range(0, len(images), EMBEDDED_AT_ONCE):
            share = (place + start / len(images)) / len(encoders)
            progress(share, f"{slot_title(encoder)} embeds the support set: {start} of {len(images)}")
            workbench.matcher.embed_support(encoder, images[start : start + EMBEDDED_AT_ONCE], domain)
    result = workbench.one_shot(query, support.images, encoders, options.ask_anyway)
    rankings = [part for each in result.rankings for part in _shown_ranking(each, result.tie(each))]
    shown = CommandResult(result.json(), (*rankings, *notes(workbench, result.rankings)))
    return with_left_out(shown, len(images), support.left_out)


def _shown_ranking(ranking: "Ranking", tie: str) -> list[RenderableType]:
    if ranking.pick is None:
        return [f"{ranking.network}: abstains ({ranking.checkpoint})", ""]
    verdict = "none of these" if ranking.none_of_these else ranking.pick
    anyway = ", asked anyway" if ranking.abstains else ""
    title = (
        f"{ranking.network}: {one_line(verdict)}{anyway} (margin {ranking.margin:.2f}, "
        f"threshold {ranking.threshold:.2f}, {ranking.checkpoint})"
    )
    shown = ranking.ranking[:SHOWN_CLASSES]
    classes = table(("class", "similarity"), [(each.name, f"{each.similarity:.2f}") for each in shown])
    more = len(ranking.ranking) - len(shown)
    return [title, *([one_line(tie)] if tie else []), classes, *([f"and {more} more"] if more else []), ""]
