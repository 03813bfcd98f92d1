"""`explain`: why two images are found alike or not."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.cli.arguments import add_ask_anyway, add_encoders
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.notes import notes
from siamese_core.data.progress import Progress
from siamese_core.networks.encoders import SLOTS

if TYPE_CHECKING:
    from siamese_core.explaining.neighbours import Neighbours
    from siamese_core.explaining.reasons import Images, Reason
    from siamese_core.workspace.comparing import Comparison
    from siamese_core.workspace.workbench import Workbench

SUMMARY = "tell why two images are found alike or not"


def add_arguments(parser: ArgumentParser) -> None:
    for side in ("left", "right"):
        parser.add_argument(side, type=Path, metavar=side.upper(), help="image file")
    add_encoders(parser)
    add_ask_anyway(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for the overlays, four PNG files for each encoder"
    )
    parser.set_defaults(run=explain)


def explain(options: Namespace, progress: Progress) -> CommandResult:
    """Store both images, and tell by each encoder why it says what it says of them."""
    from siamese_core.explaining.explaining import Explainer
    from siamese_core.explaining.reasons import reasons, report
    from siamese_core.images.decoding import decode_image

    images = decode_image(options.left), decode_image(options.right)
    workbench = open_workbench(options)
    progress(0.0, "loading the checkpoints")
    encoders = options.encoders or SLOTS
    workbench.ready_for(images, encoders)
    result = workbench.compare(*images, encoders, options.ask_anyway)
    progress(0.5, "looking for the reasons")
    told = reasons(
        workbench,
        Explainer(workbench.matcher),
        images,
        result,
        lambda said, pair: _nearest(workbench, said, pair),
    )
    files = {each.said.encoder: _written(options.out, each) if options.out else {} for each in told}
    lines = [f"{each.said.network}: {each.sentence}" for each in told]
    shown = [str(file) for kinds in files.values() for pair in kinds.values() for file in pair]
    found = report(result, told, lambda each: files[each.said.encoder])
    lines += [found["agreement"]] if found["agreement"] else []
    return CommandResult(found, (*lines, *shown, *notes(workbench, result.comparisons)))


def _written(folder: Path, each: "Reason") -> dict[str, list[str]]:
    """Write the overlays of one encoder; return their files, left and right, by kind."""
    from siamese_core.atomic import replace_file
    from siamese_core.explaining.reasons import png

    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, list[str]] = {}
    for kind, pair in each.pictures().items():
        for side, picture in zip(("left", "right"), pair, strict=True):
            file = folder / f"{each.said.encoder}_{kind}_{side}.png"
            replace_file(file, png(picture))
            files.setdefault(kind, []).append(str(file))
    return files


def _nearest(workbench: "Workbench", said: "Comparison", images: "Images") -> "Neighbours":
    """Return the nearest images to label, where the encoder has embedded any."""
    from siamese_core.explaining.neighbours import Neighbours, neighbours
    from siamese_core.images.decoding import image_id
    from siamese_core.labelling.pool import Pool
    from siamese_core.searching.gallery import Gallery

    pool = Pool(workbench, uploads=False)
    held = {each.image_id for each in pool.images()}
    for each in pool.embedded() if held else ():
        ids = [image for image in each.store.ids() if image in held]
        if ids and (each.slot, each.domain, each.checkpoint.id) == (
            said.encoder,
            said.domain,
            said.checkpoint,
        ):
            plain = workbench.matcher.checkpoint(each.slot, each.domain)
            gallery = Gallery(each.checkpoint, each.store.take(ids), plain)
            embeddings = workbench.matcher.embed(each.slot, images, each.domain)
            return neighbours(gallery, ids, embeddings, [image_id(image) for image in images])
    return Neighbours()
