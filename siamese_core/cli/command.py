"""What all commands share: the workspace, the default encoder, the result."""

from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import RenderableType

from siamese_core.networks.encoders import SLOTS

if TYPE_CHECKING:
    from siamese_core.checkpoints.store import CheckpointStore
    from siamese_core.workspace.workbench import Workbench

DEFAULT_ENCODER = SLOTS[0]
EMBEDDED_AT_ONCE = 32  # images between two reports of progress


@dataclass(frozen=True)
class CommandResult:
    """json: the object of the contract. shown: texts and tables for people, one under the other."""

    json: dict
    shown: tuple[RenderableType, ...]


def open_workbench(options: Namespace) -> "Workbench":
    """Open the workspace. UserError if it is no folder and cannot become one."""
    from siamese_core.workspace.workbench import Workbench

    return Workbench(options.workspace, log_url=options.log_url, images_url=options.images_url)


def open_store(options: Namespace) -> "CheckpointStore":
    """Open the checkpoints of the workspace, with those that ship with the program."""
    return open_workbench(options).checkpoints
