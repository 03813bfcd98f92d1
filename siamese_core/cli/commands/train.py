"""`train`: train an encoder into a new checkpoint."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.cli.arguments import (
    DATA_HELP,
    add_data,
    add_encoder,
    add_pair_labels,
    add_ray,
    add_seed,
    positive,
    whole,
)
from siamese_core.cli.command import CommandResult, open_store
from siamese_core.cli.dataset import add_strict, with_left_out
from siamese_core.cli.terminal import outline
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

if TYPE_CHECKING:
    from siamese_core.training.options import TrainingRequest
    from siamese_core.training.runs import TrainedCheckpoint

SUMMARY = "train an encoder into a new checkpoint"
DEFAULT_MINUTES = 60.0  # of training


def add_arguments(parser: ArgumentParser) -> None:
    add_encoder(parser)
    add_data(parser, required=True, words=f"{DATA_HELP}; or one list of pairs, CSV left,right,same")
    add_pair_labels(parser, "--data")
    parser.add_argument(
        "--validation",
        type=Path,
        metavar="PATH",
        help="data with other classes, to calibrate and measure on (a tenth of the classes of --data)",
    )
    _add_schedule(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="the new checkpoint (in the workspace)")
    parser.add_argument("--resume", action="store_true", help="continue a run that was interrupted")
    parser.add_argument(
        "--start", type=Path, metavar="DIR", help="checkpoint whose weights to start from (random weights)"
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="store only what has changed since --start: 2 MB instead of koch's 28",
    )
    add_ray(parser)
    parser.add_argument(
        "--workers",
        type=whole(1),
        metavar="N",
        help="how many processes of the Ray cluster share each step; takes --steps (1)",
    )
    add_seed(parser)
    add_strict(parser)
    parser.set_defaults(run=train)


def _add_schedule(parser: ArgumentParser) -> None:
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--minutes", type=positive, metavar="M", help=f"how long to train ({DEFAULT_MINUTES:g})"
    )
    length.add_argument("--steps", type=whole(1), metavar="N", help="how many steps to train for instead")
    parser.add_argument(
        "--batches",
        type=whole(1),
        default=1,
        metavar="N",
        help="batches in a step, each from one alphabet or other group (1; 8 keep a GPU busy)",
    )
    parser.add_argument(
        "--interval",
        type=positive,
        default=5.0,
        metavar="M",
        help="minutes between two measurements of the validation accuracy (5)",
    )
    parser.add_argument(
        "--patience",
        type=whole(1),
        metavar="N",
        help="stop after N measurements without a better one (never)",
    )


def train(options: Namespace, progress: Progress) -> CommandResult:
    """Train until the time, the steps or the patience are used up, and save the best checkpoint."""
    from siamese_core.training.options import TrainingRequest

    limited = options.steps is not None or options.minutes is not None
    request = TrainingRequest(
        encoder=options.encoder,
        data=tuple(options.data),
        labels=options.labels,
        validation=options.validation,
        steps=options.steps,
        minutes=options.minutes if limited else DEFAULT_MINUTES,
        patience=options.patience,
        out=options.out,
        resume=options.resume,
        seed=options.seed,
        start=options.start,
        update=options.update,
        batches=options.batches,
        interval_minutes=options.interval,
        strict=options.strict,
    )
    trained = _trained(request, options, progress)
    report = trained.json()
    return with_left_out(CommandResult(report, (outline(report),)), trained.images, trained.left_out)


def _trained(request: "TrainingRequest", options: Namespace, progress: Progress) -> "TrainedCheckpoint":
    if options.ray is None:
        if options.workers is not None:
            raise UserError(
                "Workers are those of a Ray cluster. Received: --workers without --ray. Add --ray ADDRESS."
            )
        from siamese_core.training.runs import train_checkpoint

        return train_checkpoint(request, open_store(options), progress)

    from siamese_core.scale.ray_training import Cluster, train_over_ray

    return train_over_ray(request, open_store(options), Cluster(options.ray, options.workers or 1), progress)
