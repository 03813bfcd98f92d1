"""The parser of the command line: which commands there are."""

import os
import sys
from pathlib import Path

from siamese_core.cli.arguments import Parser, add_command, add_group, add_shared
from siamese_core.cli.commands import (
    annotators,
    audit,
    backup,
    bench,
    casestudy,
    checkpoints,
    compare,
    diagnose,
    doctor,
    embed,
    evaluate,
    explain,
    export,
    find,
    load,
    mine,
    one_shot,
    restore,
    retrain,
    tokens,
    train,
    users,
)
from siamese_core.cli.commands.log import command as log

COMMANDS = {
    "compare": compare,
    "explain": explain,
    "embed": embed,
    "find": find,
    "one-shot": one_shot,
    "train": train,
    "evaluate": evaluate,
    "diagnose": diagnose,
    "casestudy": casestudy,
    "mine": mine,
    "load": load,
    "log": log,
    "retrain": retrain,
    "checkpoints": checkpoints,
    "export": export,
    "bench": bench,
    "doctor": doctor,
    "backup": backup,
    "restore": restore,
    "users": users,
    "tokens": tokens,
    "audit": audit,
    "annotators": annotators,
}


def build_parser() -> Parser:
    """Return the parser of all commands; the parsed options hold the function to run as `run`."""
    parser = Parser(
        prog=program(),
        description="Compare images with Siamese networks, measure, train, correct and retrain them.",
        epilog="Each command has its own --help. Exit code 2: something that you can mend, told in one line.",
    )
    add_shared(parser)
    parser.set_defaults(
        json=False,
        workspace=Path(os.environ.get("SIAMESE_WORKSPACE") or "workspace"),
        log_url=os.environ.get("SIAMESE_LOG_URL") or "",
        images_url=os.environ.get("SIAMESE_IMAGES_URL") or "",
    )
    commands = add_group(parser)
    for name, module in COMMANDS.items():
        module.add_arguments(add_command(commands, name, module.SUMMARY))
    return parser


def program() -> str:
    """Return how the program was called: by the command that installing makes, or as a module."""
    return "siamese" if Path(sys.argv[0]).stem == "siamese" else "python -m siamese_core"
