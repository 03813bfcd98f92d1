"""What the tests of the command line share: workspaces with small checkpoints, drawings, `run`."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from helpers.commands import Ended, copied
from helpers.samples import write_class_folders
from helpers.small_checkpoints import install, small_checkpoint
from siamese_core.cli.main import main
from siamese_core.networks.encoders import SLOTS


@pytest.fixture
def run(capsys, workspace):
    """`run(*words, home=workspace)` in this process: the exit code and both streams."""

    def run(*words, home: Path = workspace) -> Ended:
        code = main(["--workspace", str(home), *map(str, words)])
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def slots(tmp_path_factory) -> Path:
    """A workspace with a small, fast checkpoint in both slots."""
    home = tmp_path_factory.mktemp("slots")
    for seed, slot in enumerate(SLOTS):
        install(home, small_checkpoint(seed), slot)
    return home


@pytest.fixture
def own_slots(slots, workspace) -> Path:
    """The workspace of the test with a copy of `slots`' checkpoints."""
    return copied(slots, workspace)


@pytest.fixture(scope="session")
def drawings(tmp_path_factory) -> Path:
    """2 alphabets of 3 characters by 4 drawers, in class folders as Omniglot's."""
    return write_class_folders(tmp_path_factory.mktemp("data") / "images", np.random.default_rng(0))


@pytest.fixture(scope="session")
def pair(drawings) -> tuple[Path, Path]:
    left, right, *_ = sorted(drawings.glob("Alphabet_1/character01/*.png"))
    return left, right


@pytest.fixture(scope="session")
def support(drawings, tmp_path_factory) -> Path:
    """Class folders: two classes with two shots, one with one."""
    folder = tmp_path_factory.mktemp("support")
    for name, shots in (("alu", 2), ("beko", 2), ("cini", 1)):
        source = drawings / "Alphabet_2" / f"character{len(list(folder.iterdir())) + 1:02d}"
        (folder / name).mkdir()
        for file in sorted(source.iterdir())[:shots]:
            shutil.copy(file, folder / name)
    return folder
