"""The sample images are what the script draws, and carry in their names what they are."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.paths import ASSETS, ROOT

SAMPLES = ASSETS / "samples"


def image_names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), dtype=float)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """What the script draws today."""
    folder = tmp_path_factory.mktemp("samples")
    command = [sys.executable, "-m", "assets.tools.make_samples", folder]
    subprocess.run(command, check=True, timeout=120, cwd=ROOT)
    return folder


def test_the_script_draws_the_samples_that_are_shipped(drawn):
    assert image_names(drawn) == image_names(SAMPLES)
    for name in image_names(SAMPLES):
        assert np.abs(pixels(drawn / name) - pixels(SAMPLES / name)).mean() < 2, name


def test_the_list_of_pairs_names_every_pair_and_tells_same_from_different():
    with open(SAMPLES / "pairs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    listed = {name for row in rows for name in (row["left"], row["right"])}
    assert listed == {name for name in image_names(SAMPLES) if name.startswith("pairs/")}
    assert {row["same"] for row in rows} == {"0", "1"}
    for row in rows:
        assert f"_{'same' if row['same'] == '1' else 'different'}_" in row["left"]
        assert row["right"] == row["left"].replace("_left", "_right")


def test_every_query_but_one_has_its_class_in_the_support_set():
    classes = {path.stem for path in (SAMPLES / "one_shot" / "support").glob("*.png")}
    queries = {path.stem.removeprefix("query_") for path in (SAMPLES / "one_shot").glob("query_*.png")}
    assert len(classes) == 10
    assert queries - classes == {"none_of_these"}


def test_no_two_samples_are_the_same_drawing():
    images = [pixels(SAMPLES / name) for name in sorted(image_names(SAMPLES))]
    for place, image in enumerate(images):
        assert all(np.abs(image - other).mean() > 2 for other in images[:place])


def test_the_samples_stay_small():
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*.png")) < 300_000
