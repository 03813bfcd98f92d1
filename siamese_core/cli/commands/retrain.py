"""`retrain`: train on the answers; promote the candidate if it is better."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from siamese_core.accounts.audit import PROMOTE, note_done
from siamese_core.cli.arguments import ENCODER_NAMES, add_encoder_option, add_seed
from siamese_core.cli.command import DEFAULT_ENCODER, CommandResult, open_workbench
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.retraining.options import MODES, PROMOTIONS, RetrainOptions

SUMMARY = "train on the answers; promote the candidate if it is better"


def add_arguments(parser: ArgumentParser) -> None:
    add_encoder_option(parser, f"{ENCODER_NAMES} (%(default)s)", DEFAULT_ENCODER)
    parser.add_argument("--log", type=Path, metavar="CSV", help="another log of the same images")
    parser.add_argument(
        "--mode",
        choices=MODES,
        default=RetrainOptions.mode,
        help="head: keep the encoder; full: train it, too (of an ImageNet one the last block) (%(default)s)",
    )
    parser.add_argument(
        "--promote",
        choices=PROMOTIONS,
        default=RetrainOptions.promote,
        help="auto: if it is better on the holdout pairs (%(default)s)",
    )
    parser.add_argument(
        "--until", metavar="LABEL_ID", help="read the log up to this answer, to repeat an earlier retraining"
    )
    add_seed(parser)
    parser.set_defaults(run=retrain)


def retrain(options: Namespace, progress: Progress) -> CommandResult:
    """Retrain one encoder on the log and report what changed."""
    from siamese_core.answers.pair_log import PairLog
    from siamese_core.retraining import retrain

    if options.log and not options.log.is_file():
        raise UserError(
            f"--log names a CSV of answers. Received: {options.log}, which is not a file. Correct the path."
        )
    wanted = RetrainOptions(options.encoder, options.mode, options.promote, options.seed, options.until)
    log = PairLog(options.log) if options.log else None
    report = retrain.retrain(open_workbench(options), wanted, progress, log=log)
    found = report.json()
    if found["promoted"]:
        details = {"slot": options.encoder, "checkpoint": found["candidate"], "change": "retrained"}
        note_done(options.workspace, PROMOTE, **details)
    return CommandResult(found, (report.markdown().rstrip(),))
