"""A backup and what it gives back: a workspace in use, damaged and foreign zips, places that are taken."""

import hashlib
import json
import shutil
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from helpers.workspaces import noise
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.atomic import share_file
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.operating.backup import back_up
from siamese_core.operating.manifest import MANIFEST_FILE
from siamese_core.operating.restore import restore


def unheard(share: float, words: str) -> None:
    assert 0 <= share <= 1 and words


def answer(log: PairLog, left: str, right: str) -> None:
    log.append(LabelRow(left_id=left, right_id=right, answer="same", session_id="s", source="page"))


@pytest.fixture
def home(tmp_path) -> Path:
    """A workspace with three answers, a pointer, and two checkpoints that share the file of an encoder."""
    home = tmp_path / "home"
    images, log = ImageStore(home / "images"), PairLog(home / "pairs.csv")
    ids = [images.add(image) for image in noise(4)]
    for left, right in zip(ids, ids[1:], strict=False):
        answer(log, left, right)
    images.add(noise(1, seed=9)[0])  # compared, never answered
    for name in ("koch-a", "koch-b"):
        (home / "checkpoints" / name).mkdir(parents=True)
        (home / "checkpoints" / name / "card.json").write_text(json.dumps({"id": name}))
    (home / "checkpoints" / "koch-a" / "encoder.npz").write_bytes(bytes(range(256)) * 400)
    share_file(*(home / "checkpoints" / name / "encoder.npz" for name in ("koch-a", "koch-b")))
    (home / "checkpoints" / "current.json").write_text('{"koch": {"current": "koch-b", "previous": []}}')
    (home / "checkpoints" / "current.lock").touch()
    (home / "audit.jsonl").write_text('{"what": "promote"}\n')
    (home / "evaluations").mkdir()
    (home / "evaluations" / "one.json").write_text("{}")
    (home / "embeddings").mkdir()
    (home / "embeddings" / "anew.npy").write_bytes(b"0")
    return home


@pytest.fixture
def backup(home, tmp_path) -> Path:
    return back_up(home, tmp_path / "backup.zip", unheard).path


def kept(home: Path) -> dict[str, bytes]:
    return {
        file.relative_to(home).as_posix(): file.read_bytes() for file in home.rglob("*") if file.is_file()
    }


def test_what_is_restored_is_what_was_backed_up(home, backup, tmp_path):
    made = restore(backup, tmp_path / "new" / "place", unheard)
    before, after = kept(home), kept(made.workspace)
    assert after.items() <= before.items()
    assert (made.labels, made.files) == (3, len(after))
    assert sum(name.startswith("images/") for name in after) == 4
    left_out = {name for name in before if name not in after and not name.startswith("images/")}
    assert left_out == {"pairs.csv.lock", "checkpoints/current.lock", "embeddings/anew.npy"}
    assert backup.stat().st_size < 2 * 256 * 400  # the encoder that two checkpoints share is in it once
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_answers_given_during_a_backup_leave_a_whole_log_whose_images_are_all_there(home, tmp_path):
    images, log, started = ImageStore(home / "images"), PairLog(home / "pairs.csv"), threading.Event()
    ended = threading.Event()

    def answering() -> None:
        for image in noise(2000, seed=2):
            answer(log, images.add(image[:8, :8]), images.add(image[8:16, :8]))
            started.set()
            if ended.is_set():
                return

    thread = threading.Thread(target=answering)
    thread.start()
    started.wait(30)
    made = back_up(home, tmp_path / "during.zip", unheard)
    ended.set()
    thread.join()
    found = restore(made.path, tmp_path / "new", unheard).workspace
    whole, restored = (home / "pairs.csv").read_bytes(), (found / "pairs.csv").read_bytes()
    assert whole.startswith(restored) and restored.endswith(b"\n") and made.missing == ()
    rows, store = PairLog(found / "pairs.csv").rows(), ImageStore(found / "images")
    assert len(rows) >= 4 and all(each in store for row in rows for each in row.pair)
    assert PairLog(found / "pairs.csv").check().rejected == []


def test_a_torn_end_is_kept_beside_the_log_and_images_that_are_gone_are_told(home, tmp_path):
    with (home / "pairs.csv").open("a") as log:
        log.write('1,"torn')
    gone = PairLog(home / "pairs.csv").rows()[0].left_id
    ImageStore(home / "images").path(gone).unlink()
    made = back_up(home, tmp_path / "backup.zip", unheard)
    assert made.missing == (gone,)
    found = restore(made.path, tmp_path / "new", unheard).workspace
    assert (found / "pairs.csv.torn-end").read_text() == '1,"torn'
    assert "set aside" in PairLog(found / "pairs.csv").check().rejected[0].why


def test_only_an_earlier_backup_is_replaced(home, backup, tmp_path):
    back_up(home, backup, unheard)
    other = tmp_path / "photos.zip"
    with zipfile.ZipFile(other, "w") as photos:
        photos.writestr("a.png", b"")
    before = other.read_bytes()
    with pytest.raises(UserError, match="earlier backups only"):
        back_up(home, other, unheard)
    assert other.read_bytes() == before
    with pytest.raises(UserError, match="no folder"):
        back_up(tmp_path / "nowhere", tmp_path / "new.zip", unheard)
    assert not (tmp_path / "new.zip").exists()


def test_a_workspace_is_never_restored_over_another_one(home, backup, tmp_path):
    before = kept(home)
    with pytest.raises(UserError, match="is not empty"):
        restore(backup, home, unheard)
    assert kept(home) == before
    (tmp_path / "empty").mkdir()
    assert restore(backup, tmp_path / "empty", unheard).labels == 3


def rewritten(backup: Path, change) -> Path:
    """The zip with other entries: `change` gets and alters {name: content}."""
    with zipfile.ZipFile(backup) as packed:
        entries = {name: packed.read(name) for name in packed.namelist()}
    change(entries)
    with zipfile.ZipFile(backup, "w") as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return backup


def changed_manifest(**parts):
    def change(entries: dict[str, bytes]) -> None:
        entries[MANIFEST_FILE] = json.dumps(json.loads(entries[MANIFEST_FILE]) | parts).encode()

    return change


def escaping(entries: dict[str, bytes]) -> None:
    """An entry that a naive reader would write outside, told by the manifest with its right SHA-256."""
    manifest, content = json.loads(entries[MANIFEST_FILE]), b"outside"
    name = "images/../../outside.png"
    manifest["files"][name] = {"entry": name, "sha256": hashlib.sha256(content).hexdigest()}
    entries |= {name: content, MANIFEST_FILE: json.dumps(manifest).encode()}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda entries: entries.update({"pairs.csv": entries["pairs.csv"] + b"x"}), "with another one"),
        (lambda entries: entries.pop("checkpoints/koch-a/encoder.npz"), "missing or too many"),
        (lambda entries: entries.update({"images/more.png": b""}), "missing or too many"),
        (lambda entries: entries.pop(MANIFEST_FILE), "without"),
        (lambda entries: entries.update({MANIFEST_FILE: b"{"}), "cannot be read"),
        (changed_manifest(files={"pairs.csv": {"entry": [], "sha256": 1}}), "cannot be read"),
        (changed_manifest(format="another"), "cannot be read"),
        (changed_manifest(version=2), "later one"),
        (changed_manifest(labels=7), "7. Received: 3"),
        (escaping, "no file of a workspace"),
    ],
)
def test_damaged_and_foreign_zips_are_refused_in_words_and_leave_nothing(change, says, backup, tmp_path):
    file, before = rewritten(backup, change), set(tmp_path.iterdir())
    with pytest.raises(UserError, match=says):
        restore(file, tmp_path / "new", unheard)
    assert set(tmp_path.iterdir()) == before


def test_a_zip_with_a_changed_byte_or_cut_short_is_refused(backup, tmp_path):
    whole, rng = backup.read_bytes(), np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 10):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        backup.write_bytes(damaged)
        try:
            made = restore(backup, tmp_path / "new", unheard)
        except UserError:
            assert not (tmp_path / "new").exists()
        else:  # a byte that nobody reads, such as of a date
            assert made.labels == 3
            shutil.rmtree(made.workspace)
    backup.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="cut short"):
        restore(backup, tmp_path / "new", unheard)
