"""`checkpoints adopt`: make a checkpoint of a network that was made elsewhere."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from siamese_core.accounts.audit import PROMOTE, note_done
from siamese_core.checkpoints.domains import DOMAINS, PHOTOGRAPHS
from siamese_core.cli.arguments import add_data, add_seed, whole
from siamese_core.cli.command import CommandResult, open_workbench
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.networks.encoders import SLOTS

if TYPE_CHECKING:
    from rich.table import Table

    from siamese_core.adoption.adopting import Adoption

SUMMARY = "make a checkpoint of a network of your own, and let it serve"
NO_TRAINING = "It is no Keras model: retrain --mode head works with it, --mode full does not."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help=".keras, .h5, SavedModel folder, .onnx (pip install onnxruntime onnx), hub:OWNER/NAME[/FILE]",
    )
    words = "class folders to try it on and to calibrate it with; without, the answers in the log"
    add_data(parser, words=words)
    parser.add_argument("--slot", choices=SLOTS, default=SLOTS[-1], help="where it serves (%(default)s)")
    parser.add_argument(
        "--domain", choices=DOMAINS, default=PHOTOGRAPHS, help="images it serves for (%(default)s)"
    )
    parser.add_argument("--output", metavar="NAME", help="its output to take as the embedding (the best one)")
    parser.add_argument(
        "--size",
        type=whole(8),
        metavar="PX",
        help="side of its input, where it takes any (its card's, or 224)",
    )
    add_seed(parser)


def checkpoints_adopt(options: Namespace, progress: Progress) -> CommandResult:
    """Adopt a network, and tell how images are prepared for it and how that was found."""
    from siamese_core.adoption.adopting import AdoptionRequest, adopt

    request = AdoptionRequest(
        options.file,
        options.slot,
        options.domain,
        tuple(options.data or ()),
        options.output,
        options.size,
        options.seed,
    )
    adoption = adopt(open_workbench(options), request, progress)
    note_done(options.workspace, PROMOTE, checkpoint=adoption.checkpoint.id, slot=options.slot)
    return CommandResult(adoption.json(), _shown(adoption))


def _shown(adoption: "Adoption") -> tuple:
    told, chosen = adoption.json(), adoption.verified.chosen
    taken = adoption.graph.input
    inside = f", with {adoption.graph.inside} inside" if adoption.graph.inside else ""
    lines = [
        f"{adoption.graph.kind}: {taken.height} x {taken.width} px, {taken.channels} channels, "
        f"{taken.layout}{inside}.",
        f"Embedding: {chosen.output.name}, {chosen.output.dim} numbers ({chosen.output.role}).",
        *told["notes"],
        *([] if told["trains"] else [NO_TRAINING]),
    ]
    return (*lines, "", f"Tried on {adoption.known.source}:", _trials(adoption), "", _outcome(adoption))


def _outcome(adoption: "Adoption") -> str:
    metrics = (adoption.checkpoint.card.metrics or {}).get("verification")
    measured = ""
    if metrics:
        low, high = metrics["ci95"]
        measured = (
            f" Accuracy at its threshold, {metrics['protocol']}: {100 * metrics['accuracy']:.1f} % "
            f"({100 * low:.1f} to {100 * high:.1f} %, {metrics['pairs']} pairs)."
        )
    slot, domain = adoption.checkpoint.encoder_name, adoption.checkpoint.card.domain
    return (
        f"{adoption.checkpoint.id} serves {domain} in {slot}.{measured} To go back: checkpoints rollback "
        f"{slot} --domain {domain}"
    )


def _trials(adoption: "Adoption") -> "Table":
    """Return a table of all trials of the chosen output, and the best one of each other output."""
    chosen, every = adoption.verified.chosen, adoption.verified.trials
    best = {each.output.name: each for each in reversed(every)}.values()
    rows = []
    for each in [each for each in every if each.output == chosen.output or each in best]:
        behind = "" if each.behind[1] == 0 else f"{each.behind[0]:+.3f} to {each.behind[1]:+.3f}"
        mark = "taken" if each is chosen else "" if each.is_worse else "may be as good"
        rows.append((each.words, each.output.name, f"{each.auc:.3f}", behind, mark))
    return table(("preparation", "output", "ROC AUC", "behind the best, 95 %", ""), rows)
