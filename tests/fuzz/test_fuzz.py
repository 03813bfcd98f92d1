"""Mutated images, archives, tables and logs: an answer or words, never a traceback, an exit 1 or a 500.

Each test takes `SIAMESE_FUZZ_SECONDS` (3.5 by default, 20 s in all), whatever the processor, from a fixed
seed; longer on demand: `SIAMESE_FUZZ_SECONDS=600 make test TESTS=tests/fuzz`. The last input is kept in
`tests/output/fuzz`.
"""

import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fuzz.mutations import mutated
from helpers.calling import Caller
from helpers.paths import ROOT
from helpers.samples import image_file, odd_files
from helpers.tiff import grey_tiff
from siamese_core.answers.pair_log import PairLog
from siamese_core.cli.main import main
from siamese_core.data.archives import list_archive
from siamese_core.data.datasets import load_dataset
from siamese_core.data.pair_lists import load_pair_list
from siamese_core.errors import UserError
from siamese_core.images.decoding import MAX_SIDE, decode_image
from siamese_core.images.store import ImageStore

pytestmark = pytest.mark.fuzz
SECONDS = float(os.environ.get("SIAMESE_FUZZ_SECONDS", "3.5"))
SEED = 17


def inputs(*valid: bytes) -> Iterator[bytes]:
    """Mutations of the valid files until the time is up; at least one of each."""
    rng, end, number = np.random.default_rng(SEED), time.monotonic() + SECONDS, 0
    kept = ROOT / "tests" / "output" / "fuzz"
    kept.parent.mkdir(exist_ok=True)
    while number < len(valid) or time.monotonic() < end:
        content = mutated(valid[number % len(valid)], rng)
        kept.write_bytes(content)  # where a process dies of it, it can be found
        yield content
        number += 1


def images() -> list[bytes]:
    picture = np.random.default_rng(0).integers(0, 256, (20, 28, 3), np.uint8)
    more = [image_file(picture, kind) for kind in ("AVIF", "WEBP", "PPM", "TIFF", "BMP", "GIF")]
    return [*odd_files().values(), *more, grey_tiff(picture[..., 0].astype("u2"))]


def packed(file: Path, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(file, "w", method) as archive:
        for name in ("a/1.png", "a/2.png", "b/1.png", "b/notes.txt"):
            archive.writestr(name, image_file(np.full((9, 9, 3), len(name), np.uint8)))
    return file.read_bytes()


def test_images_are_decoded_or_refused_in_words():
    for content in inputs(*images()):
        try:
            image = decode_image(content, "file")
        except UserError as refusal:
            assert "Received: file" in str(refusal)
        else:
            assert image.dtype == np.uint8 and image.ndim == 3 and max(image.shape[:2]) <= MAX_SIDE


def test_archives_are_listed_or_refused_in_words(tmp_path):
    valid = [packed(tmp_path / "x.zip", method) for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)]
    file = tmp_path / "x.zip"
    for content in inputs(*valid):
        file.write_bytes(content)
        try:
            for image in list_archive(file, "x.zip").images:
                image.read()
            load_dataset([file])
        except UserError as refusal:
            assert "Received: " in str(refusal)


@pytest.fixture
def listed(tmp_path) -> Path:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(image_file(np.full((9, 9, 3), ord(name[0]), np.uint8)))
    return tmp_path / "list.csv"


def test_lists_of_pairs_are_read_or_refused_in_words(listed):
    rows = "left,right,same\r\na.png,b.png,1\r\na.png,c.png,different\r\n"
    for content in inputs(*(rows.encode(code) for code in ("utf-8", "utf-8-sig", "utf-16"))):
        listed.write_bytes(content)
        try:
            pairs = load_pair_list(listed)
        except UserError as refusal:
            assert "Received: " in str(refusal)
        else:
            assert len(pairs.same) == len(pairs.left)


def test_a_damaged_log_is_read_and_loses_no_row_that_is_written_after(tmp_path):
    store = ImageStore(tmp_path / "images")
    left, right = (store.add(np.full((9, 9, 3), level, np.uint8)) for level in (1, 2))
    source = tmp_path / "answers.csv"
    source.write_text(f"left_id,right_id,answer\n{left},{right},same\n")
    log = PairLog(tmp_path / "valid" / "pairs.csv")
    log.path.parent.mkdir()
    log.import_csv(source, store)
    valid = log.path.read_bytes()
    for number, content in enumerate(inputs(valid)):
        folder = tmp_path / f"log{number % 50}"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        damaged = PairLog(folder / "pairs.csv")
        damaged.path.write_bytes(content)
        try:
            before = damaged.check().rows
            damaged.import_csv(source, store)
            assert damaged.check().rows >= before
        except UserError as refusal:
            assert "Received: " in str(refusal)


def test_commands_end_with_0_or_2(tmp_path, capsys):
    home, query = tmp_path / "workspace", tmp_path / "query.png"
    for content in inputs(images()[0], packed(tmp_path / "x.zip"), b"left_id,right_id,answer\na,b,same\n"):
        query.write_bytes(content)
        for words in (
            ("log", "import", query),
            (
                "evaluate",
                "one-shot",
                "--data",
                query,
                "--n-way",
                "2",
                "--episodes",
                "1",
                "--checkpoint",
                home,
            ),
            ("evaluate", "lake", "--runs", query),
            ("evaluate", "verification", "--list", query, "--checkpoint", home),
        ):
            code = main(["--workspace", str(home), *map(str, words)])
            assert code in (0, 2), capsys.readouterr().err
        capsys.readouterr()


def test_the_server_answers_with_words_and_lives_on(quick_app):
    caller = Caller(quick_app.url)
    good = caller.uploaded(image_file(np.full((30, 30, 3), 9, np.uint8)))
    for content in inputs(*images()):
        path = caller.http.post("/gradio_api/upload", files={"files": ("x.png", content or b"0")})
        assert path.status_code == 200
        sent = {"path": path.json()[0], "orig_name": "x.png", "meta": {"_type": "gradio.FileData"}}
        kind, answer = caller.curl("compare", [good, sent])
        assert kind in ("complete", "error") and answer, (kind, answer)
    assert caller.http.get("/healthz").status_code == 200
    caller.close()
