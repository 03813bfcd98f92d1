"""What can be asked for on the command line: a block for each command names its function and its options."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from siamese_core.casestudies.catalogue import CASE_STUDIES
from siamese_core.checkpoints.domains import DOMAINS, HANDWRITING
from siamese_core.cli import bench_command, commands, evaluate_commands, mine_command, study_commands
from siamese_core.cli.arguments import (
    DATA_HELP,
    Parser,
    add_data,
    add_encoder,
    add_encoders,
    add_seed,
    add_shared,
    positive,
    whole,
)
from siamese_core.cli.commands import DEFAULT_ENCODER, DEFAULT_MINUTES
from siamese_core.cli.evaluate_commands import DEFAULT_PAIRS
from siamese_core.networks.encoders import ENCODERS, SLOTS
from siamese_core.retraining.options import MODES, PROMOTIONS


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m siamese_core",
        description="Compare images with siamese networks, measure, train, correct and retrain them.",
        epilog="Each command has its own --help. Exit code 2: something that you can mend, told in one line.",
    )
    add_shared(parser)
    parser.set_defaults(json=False, workspace=Path(os.environ.get("SIAMESE_WORKSPACE") or "workspace"))
    groups = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_compare(groups)
    _add_one_shot(groups)
    _add_train(groups)
    _add_evaluate(groups)
    _add_diagnose(groups)
    _add_casestudy(groups)
    _add_mine(groups)
    _add_log(groups)
    _add_retrain(groups)
    _add_checkpoints(groups)
    _add_bench(groups)
    return parser


def _add_command(groups, name: str, run: Callable, words: str) -> argparse.ArgumentParser:
    parser = groups.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    add_shared(parser)
    parser.set_defaults(run=run)
    return parser


def _add_group(groups, name: str, words: str):
    parser = groups.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    add_shared(parser)
    return parser.add_subparsers(metavar="COMMAND", required=True)


def _add_compare(groups) -> None:
    parser = _add_command(groups, "compare", commands.compare, "how alike two images are")
    for side in ("left", "right"):
        parser.add_argument(side, type=Path, metavar=side.upper(), help="image file")
    add_encoders(parser)


def _add_one_shot(groups) -> None:
    parser = _add_command(groups, "one-shot", commands.one_shot, "rank the classes of a folder for an image")
    parser.add_argument("--query", type=Path, required=True, metavar="IMAGE", help="the image to classify")
    parser.add_argument(
        "--support",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of CLASS/image files (several images of a class are its shots), or of CLASS.png files",
    )
    add_encoders(parser)


def _add_train(groups) -> None:
    parser = _add_command(groups, "train", commands.train, "train an encoder into a new checkpoint")
    add_encoder(parser)
    add_data(parser, required=True, words=f"{DATA_HELP}; or one list of pairs, CSV left,right,same")
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="labels, a line each, where --data is a text file of .npy pairs",
    )
    parser.add_argument(
        "--validation",
        type=Path,
        metavar="PATH",
        help="data with other classes, to calibrate and measure on (a tenth of the classes of --data)",
    )
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
        help="batches a step, each of one alphabet or other group (1; 8 keep a GPU busy)",
    )
    parser.add_argument(
        "--interval", type=positive, default=5.0, metavar="M", help="minutes between two measurements (5)"
    )
    parser.add_argument(
        "--patience",
        type=whole(1),
        metavar="N",
        help="stop after N measurements without a better one-shot accuracy (never)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="the new checkpoint (in the workspace)")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was cut off")
    parser.add_argument(
        "--start", type=Path, metavar="DIR", help="a checkpoint to go on from (random weights)"
    )
    parser.add_argument(
        "--update", action="store_true", help="store what is new since --start only: 2 MB of koch's 28"
    )
    add_seed(parser)


def _add_evaluate(groups) -> None:
    protocols = _add_group(groups, "evaluate", "measure a checkpoint")
    one_shot = _add_command(
        protocols, "one-shot", evaluate_commands.evaluate_one_shot, "random N-way K-shot trials"
    )
    add_data(one_shot, required=True)
    one_shot.add_argument("--n-way", type=whole(2), default=20, metavar="N", help="classes (%(default)s)")
    one_shot.add_argument("--k-shot", type=whole(1), default=1, metavar="K", help="images each (%(default)s)")
    one_shot.add_argument("--episodes", type=whole(1), default=400, metavar="E", help="trials (%(default)s)")
    one_shot.add_argument("--within-group", action="store_true", help="all classes of a trial of one group")
    lake = _add_command(
        protocols, "lake", evaluate_commands.evaluate_lake, "the 20 fixed runs of all_runs.zip"
    )
    lake.add_argument("--runs", type=Path, required=True, metavar="ZIP", help="all_runs.zip as published")
    verification = _add_command(
        protocols,
        "verification",
        evaluate_commands.evaluate_verification,
        "verdicts on pairs, half of them same",
    )
    source = verification.add_mutually_exclusive_group(required=True)
    add_data(source)
    source.add_argument("--list", type=Path, metavar="FILE", help="CSV left,right,same with paths beside it")
    verification.add_argument(
        "--labels", type=Path, metavar="FILE", help="labels, where --list is a text file of .npy pairs"
    )
    verification.add_argument(
        "--pairs", type=whole(2), metavar="N", help=f"random pairs of --data ({DEFAULT_PAIRS})"
    )
    for parser in (one_shot, lake, verification):
        _add_model(parser)
    for parser in (one_shot, verification):
        add_seed(parser)


def _add_model(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--encoder",
        choices=(*ENCODERS, "fused"),
        metavar="NAME",
        help=f"{', '.join(ENCODERS)}, or fused: both slots as one ({DEFAULT_ENCODER})",
    )
    which.add_argument("--checkpoint", type=Path, metavar="DIR", help="a checkpoint by its folder instead")
    parser.add_argument(
        "--baselines", action="store_true", help="training-free baselines on the same trials, too"
    )


def _add_diagnose(groups) -> None:
    parser = _add_command(
        groups, "diagnose", study_commands.diagnose, "what is wrong with a model, images or labels, and why"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--encoder",
        choices=tuple(ENCODERS),
        metavar="NAME",
        help=f"look into its checkpoint: {', '.join(ENCODERS)} ({DEFAULT_ENCODER}, where no data is given)",
    )
    which.add_argument("--checkpoint", type=Path, metavar="DIR", help="a checkpoint by its folder instead")
    add_data(parser)
    parser.add_argument("--validation", type=Path, metavar="PATH", help="data kept from training on --data")
    parser.add_argument("--list", type=Path, metavar="FILE", help="CSV left,right,same with paths beside it")
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="labels, where --list is a text file of .npy pairs"
    )
    add_seed(parser)


def _add_casestudy(groups) -> None:
    parser = _add_command(
        groups, "casestudy", study_commands.casestudy, "rebuild a published attempt, as it was and mended"
    )
    parser.add_argument(
        "name",
        choices=tuple(CASE_STUDIES),
        metavar="NAME",
        help="; ".join(f"{study.name}: {study.words}" for study in CASE_STUDIES.values()),
    )
    add_data(parser)
    parser.add_argument(
        "--steps", type=whole(1), metavar="N", help="of each training (the study's own number)"
    )
    parser.add_argument(
        "--trials", type=whole(1), default=50, metavar="N", help="one-shot tasks (%(default)s)"
    )
    parser.add_argument("--n-way", type=whole(2), default=20, metavar="N", help="classes (%(default)s)")
    parser.add_argument("--language", metavar="NAME", help="all letters of a task of this one (of any)")
    parser.add_argument(
        "--resnet50-weights",
        type=Path,
        metavar="FILE",
        help="ImageNet weights (SIAMESE_RESNET50_WEIGHTS, else Keras' cache, else its download)",
    )
    add_seed(parser)


def _add_mine(groups) -> None:
    parser = _add_command(groups, "mine", mine_command.mine, "the pairs of a folder that teach most")
    parser.add_argument(
        "--images", type=Path, required=True, metavar="DIR", help="images at any depth; class folders help"
    )
    parser.add_argument("--top", type=whole(1), required=True, metavar="K", help="how many pairs")
    parser.add_argument(
        "--strategy",
        choices=mine_command.CHOICES,
        metavar="NAME",
        help=f"one of {', '.join(mine_command.CHOICES)} (a mix of all)",
    )
    add_seed(parser)


def _add_log(groups) -> None:
    parts = _add_group(groups, "log", "check, import or export the answers")
    load = _add_command(parts, "import", commands.log_import, "append the answers of a CSV")
    load.add_argument("file", type=Path, metavar="CSV", help="with the columns left_id, right_id, answer")
    save = _add_command(parts, "export", commands.log_export, "write the good rows as a CSV")
    save.add_argument("file", type=Path, metavar="FILE", help="the new CSV")
    _add_command(parts, "check", commands.log_check, "count the answers, list the lines that are no good")


def _add_retrain(groups) -> None:
    parser = _add_command(
        groups, "retrain", commands.retrain, "train on the answers; promote what is better, keep the rest"
    )
    parser.add_argument(
        "--encoder",
        choices=tuple(ENCODERS),
        default=DEFAULT_ENCODER,
        metavar="NAME",
        help=f"{', '.join(ENCODERS)} (%(default)s)",
    )
    parser.add_argument("--log", type=Path, metavar="CSV", help="another log of the same images")
    parser.add_argument(
        "--mode",
        choices=MODES,
        default=MODES[0],
        help="head: the encoder stays; full: it learns too, of ImageNet's its last stage (%(default)s)",
    )
    parser.add_argument(
        "--promote",
        choices=PROMOTIONS,
        default=PROMOTIONS[0],
        help="auto: if it is better on the pairs kept aside (%(default)s)",
    )
    parser.add_argument(
        "--until", metavar="LABEL_ID", help="read the log up to this answer, to repeat an earlier retraining"
    )
    add_seed(parser)


def _add_checkpoints(groups) -> None:
    parts = _add_group(groups, "checkpoints", "list them, promote one, go back")
    _add_command(parts, "list", commands.checkpoints_list, "every checkpoint, shipped and in the workspace")
    promote = _add_command(parts, "promote", commands.checkpoints_promote, "make a checkpoint current")
    promote.add_argument("id", metavar="ID", help="as in checkpoints list")
    promote.add_argument(
        "--slot", choices=SLOTS, help="where it serves (the slot that is named like its encoder)"
    )
    use = _add_command(parts, "use", commands.checkpoints_use, "choose what answers for everything in a slot")
    use.add_argument("slot", choices=SLOTS, metavar="SLOT", help=f"one of {', '.join(SLOTS)}")
    use.add_argument("id", metavar="ID", help="as in checkpoints list; auto: by what the images are")
    back = _add_command(parts, "rollback", commands.checkpoints_rollback, "go back to the one before")
    add_encoder(back)
    back.add_argument(
        "--domain", choices=DOMAINS, default=HANDWRITING, help="whose checkpoint goes back (%(default)s)"
    )


def _add_bench(groups) -> None:
    parser = _add_command(
        groups, "bench", bench_command.bench, "speed against the obvious way; what the labelling loop teaches"
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(bench_command.CHOICES)} (all, loop with --data)"
    )
    add_data(parser, words="a domain for the loop: images in class folders, or zips of them")
    parser.add_argument(
        "--encoder", choices=tuple(ENCODERS), metavar="NAME", help=f"whose checkpoint ({DEFAULT_ENCODER})"
    )
    parser.add_argument(
        "--answers", type=whole(20), default=300, metavar="N", help="of the loop (%(default)s)"
    )
    parser.add_argument(
        "--seeds", type=whole(1), default=5, metavar="N", help="runs of the loop (%(default)s)"
    )
    add_seed(parser)
