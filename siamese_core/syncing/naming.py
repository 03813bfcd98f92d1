"""Name the repositories on the hub: the options of the server and of `doctor`, read and checked."""

import argparse
import os
import re

DATASET_VARIABLE, MODELS_VARIABLE = "SIAMESE_SYNC_TO", "SIAMESE_SYNC_MODELS_TO"
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
MODELS_ENDING = "-checkpoints"  # of the name of the model repository where none is named


def add_sync_options(parser: argparse.ArgumentParser) -> None:
    """Add --sync-to and --sync-models-to, whose defaults are variables of the environment."""
    parser.add_argument(
        "--sync-to",
        type=repository_name,
        metavar="OWNER/NAME",
        default=os.environ.get(DATASET_VARIABLE) or None,
        help="keep answers and images in this dataset repository of the Hugging Face hub, with the token "
        f"HF_TOKEN, and restore them from there ({DATASET_VARIABLE})",
    )
    parser.add_argument(
        "--sync-models-to",
        type=repository_name,
        metavar="OWNER/NAME",
        default=os.environ.get(MODELS_VARIABLE) or None,
        help="keep promoted checkpoints in this model repository "
        f"({MODELS_VARIABLE}; that of --sync-to with {MODELS_ENDING})",
    )


def repository_name(text: str) -> str:
    """Read the name of a repository, OWNER/NAME."""
    if not NAME.fullmatch(text) or ".." in text or "--" in text:
        raise argparse.ArgumentTypeError(
            f"A repository of the hub is named OWNER/NAME. Received: {text[:120]}. Name it so."
        )
    return text


def models_name(dataset: str) -> str:
    """Return the name of the model repository beside a dataset repository."""
    return dataset + MODELS_ENDING
