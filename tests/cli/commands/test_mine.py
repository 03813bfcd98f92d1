"""`mine` as people and programs call it."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.commands import copied
from helpers.samples import write_class_folders
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.cli.main import main
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.networks.encoders import SLOTS


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    folder = write_class_folders(tmp_path_factory.mktemp("images"), np.random.default_rng(0), 2, 3, 4)
    (folder / "Alphabet_1" / "broken.png").write_bytes(b"no image")
    return folder


@pytest.fixture(scope="module")
def home(slots, tmp_path_factory) -> Path:
    """A workspace that keeps what `mine` has embedded, from test to test."""
    return copied(slots, tmp_path_factory.mktemp("mined"))


@pytest.fixture
def mine(capsys, home, images):
    """`mine(*options)`: the pairs of the JSON."""

    def mine(*options: object) -> list[dict]:
        words = ["--workspace", str(home), "mine", "--images", str(images), "--json", *map(str, options)]
        assert main(words) == 0
        answer = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert list(answer) == ["pairs", "left_out"] and answer["left_out"]["counts"] == {"unreadable": 1}
        return answer["pairs"]

    return mine


def test_pairs_come_as_in_the_contract_and_name_their_files(mine, images):
    pairs = mine("--top", 10)
    assert len(pairs) == 10
    for pair in pairs:
        assert list(pair)[:5] == ["left", "right", "similarity", "reason", "probability"]
        assert list(pair["similarity"]) == list(SLOTS)
        assert all(0 <= similarity <= 1 for similarity in pair["similarity"].values())
        assert 0 < pair["probability"] <= 1
        for side in ("left", "right"):
            assert image_id(decode_image(images / pair[f"{side}_file"])) == pair[side]
    assert len({frozenset((pair["left"], pair["right"])) for pair in pairs}) == 10


def test_a_picture_replaced_in_place_is_read_and_embedded_anew(run, own_slots, images, tmp_path):
    """It has the size and the time of the one before, as a camera or a sync program may leave it."""
    pool = tmp_path / "pool"
    for number, source in enumerate(sorted(images.glob("Alphabet_*/character*/*_01.png"))[:4]):
        file = pool / f"{number}.bmp"
        pool.mkdir(exist_ok=True)
        Image.fromarray(decode_image(source)).save(file)
    words = ("mine", "--images", pool, "--top", 6, "--json")

    def mined() -> dict[frozenset, dict]:
        return {
            frozenset((each["left_file"], each["right_file"])): each for each in run(*words).json()["pairs"]
        }

    before, status = mined(), file.stat()
    other = Image.fromarray(255 - decode_image(pool / "0.bmp"))
    other.resize(Image.open(file).size).save(file)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file.stat().st_size == status.st_size
    after = mined()
    changed = {pair for pair in after if before[pair]["similarity"] != after[pair]["similarity"]}
    assert changed == {pair for pair in after if "3.bmp" in pair}
    assert image_id(decode_image(file)) in {
        each[side] for each in after.values() for side in ("left", "right")
    }


@pytest.mark.parametrize(
    ("strategy", "reason"),
    [
        ("disagreement", "disagreement"),
        ("uncertain", "uncertain"),
        ("hard_negative", "hard_negative"),
        ("random", "random_audit"),
    ],
)
def test_a_strategy_is_the_only_reason(mine, strategy, reason):
    pairs = mine("--top", 8, "--strategy", strategy)
    assert {pair["reason"] for pair in pairs} == {reason}
    if strategy == "disagreement":
        assert all(
            (pair["similarity"]["koch"] >= 0.5) != (pair["similarity"]["resnet50"] >= 0.5) for pair in pairs
        )
    if strategy == "hard_negative":
        assert all(Path(pair["left_file"]).parent != Path(pair["right_file"]).parent for pair in pairs)
    if strategy == "random":
        assert pairs[0]["probability"] == pytest.approx(1 / (24 * 23 / 2))


def test_a_seed_gives_the_same_pairs_and_another_one_others(mine):
    assert mine("--top", 6, "--seed", 3) == mine("--top", 6, "--seed", 3) != mine("--top", 6, "--seed", 4)


def test_what_was_answered_is_left_out_and_the_end_is_told(mine, home, images, capsys):
    pairs = mine("--top", 20)
    log = PairLog(home / "pairs.csv")
    log.append_many([LabelRow(left_id=p["left"], right_id=p["right"], answer="same") for p in pairs])
    try:
        left = mine("--top", 276)
        asked = {frozenset((pair["left"], pair["right"])) for pair in pairs}
        assert len(left) == 276 - 20 and not asked & {frozenset((p["left"], p["right"])) for p in left}
        assert main(["--workspace", str(home), "mine", "--images", str(images), "--top", "276"]) == 0
        text = capsys.readouterr().out
        assert "nobody has answered: 256 of 276" in text and "left out: 1 unreadable" in text
        assert text.count("Alphabet_1/character01/0001_01.png") > 10
    finally:
        log.path.unlink()


def test_a_folder_with_a_single_picture_has_no_pairs(capsys, home, tmp_path, images):
    file = next(images.rglob("*01.png"))
    for name in ("a.png", "copy.png"):
        (tmp_path / name).write_bytes(file.read_bytes())
    assert main(["--workspace", str(home), "mine", "--images", str(tmp_path), "--top", "3"]) == 2
    assert "Questions need two images" in capsys.readouterr().err
