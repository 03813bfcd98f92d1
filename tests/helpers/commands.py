"""Calls the command line, in this process or in one of its own."""

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.paths import ROOT
from helpers.samples import alphabet
from siamese_core.images.store import ImageStore


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def text(self) -> str:
        """What people read; on standard error there is at most progress, where the machine is slow."""
        assert self.code == 0
        assert all(" %  " in line for line in self.err.splitlines())
        return self.out

    def json(self) -> dict:
        return json.loads(self.text().splitlines()[-1])

    def error(self) -> str:
        """The one line that tells what to mend."""
        assert (self.code, self.out) == (2, "")
        (line,) = self.err.splitlines()
        assert line.startswith("error: ")
        return line


def process(*words, environment: dict | None = None, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "siamese_core", *map(str, words)]
    variables = os.environ | (environment or {})
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, **options)


def answers_csv(home: Path, file: Path, n_classes: int = 24) -> Path:
    """A CSV of answers to drawings in the workspace: a same one a class, a different one of each two."""
    images = ImageStore(home / "images")
    glyphs = alphabet(np.random.default_rng(1), n_classes, 4, 64)
    ids = [[images.add(glyph) for glyph in by_drawer] for by_drawer in glyphs]
    pairs = [(one[0], one[1], "same") for one in ids]
    pairs += [(one[2], other[3], "different") for one, other in zip(ids[::2], ids[1::2], strict=True)]
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([("left_id", "right_id", "answer"), *pairs])
    return file


def copied(slots: Path, home: Path) -> Path:
    """Copy the checkpoints of one workspace into another, and return that."""
    shutil.copytree(slots / "checkpoints", home / "checkpoints")
    return home
