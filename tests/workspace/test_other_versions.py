"""Files of other versions: an earlier one's are read, a later one's refused in words and left as they are."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from siamese_core.answers.label_row import COLUMNS, LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.checkpoints.card import CARD_FILE, read_card
from siamese_core.checkpoints.pointers import POINTER_FILE, Pointer, read_pointers, write_pointer
from siamese_core.checkpoints.slot_place import SlotPlace
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.embeddings.kept_kinds import KeptKinds
from siamese_core.embeddings.shards import COLUMNS as SHARD_COLUMNS
from siamese_core.embeddings.shards import ShardFolder
from siamese_core.errors import UserError
from siamese_core.images.seen_files import SeenFiles, look_at
from siamese_core.labelling.pool_files import PoolFiles, Record
from siamese_core.labelling.set_aside import SetAside
from siamese_core.reporting.kept_reports import KeptReports

LEFT, RIGHT = "a" * 64, "b" * 64
FIRST_LOG = (
    ",".join(COLUMNS)
    + f"\r\n1,one,label,,2026-11-22T08:25:18.601Z,s1,Ada,page,compare,,{LEFT},{RIGHT},same,1,uploaded,,"
    "koch-0321e2513239,0.1234,0.5601,resnet50-0321e2513239,0.9,0.5,1200,\r\n"
    "1,two,undo,one,2026-11-22T08:26:00.000Z,s1,Ada,page,,,,,,,,,,,,,,,,\r\n"
)
FIRST_CARD = {
    "encoder": "koch",
    "head": "weighted_l1",
    "size": 105,
    "channels": 1,
    "preparation": "ink",
    "parent": None,
    "seed": 0,
    "data": {"name": "Omniglot, images_background (30 alphabets)", "images": 19280, "classes": 964},
    "calibration": {"slope": 1.4, "intercept": 6.6},
    "threshold": 0.56,
    "id": "koch-0321e2513239",
    "created_at": "2026-11-22T08:25:18.601435+00:00",
    "libraries": {"keras": "3.15.1"},
    "canary": {"images": [], "prepared": "", "similarities": []},
}
LATER_CARD = {  # of a checkpoint for photographs, before a card named its adapted answers or its copies
    "encoder": "resnet50",
    "network": "resnet50_imagenet",
    "head": "cosine",
    "size": 224,
    "channels": 3,
    "preparation": "plain",
    "domain": "photographs",
    "weights_file": "resnet50.h5",
}


def card(folder: Path, **entries: object) -> Path:
    folder.mkdir(parents=True)
    (folder / CARD_FILE).write_text(json.dumps(FIRST_CARD | entries))
    return folder


def shard(file: Path, **metadata: str) -> None:
    texts = [pa.array([text]) for text in (LEFT, "a.png", "koch-1")]
    rows = pa.FixedSizeListArray.from_arrays(pa.array([0.5, 0.25], pa.float32()), 2)
    table = pa.Table.from_arrays([*texts, rows], SHARD_COLUMNS)
    pq.write_table(table.replace_schema_metadata({"checkpoint": "koch-1", **metadata}), file)


def test_the_first_log_is_read_and_appended_to(tmp_path):
    log = PairLog(tmp_path / "pairs.csv")
    log.path.write_bytes(FIRST_LOG.encode())
    (label, undo) = log.rows()
    assert (label.answer, label.correction, undo.target_id) == ("same", "1", "one") and not log.labels()
    log.append(LabelRow(left_id=LEFT, right_id=RIGHT, answer="different"))
    assert log.path.read_bytes().startswith(FIRST_LOG.encode()) and len(log.rows()) == 3


def test_the_first_cards_say_what_their_checkpoints_know(tmp_path):
    first = read_card(card(tmp_path / "first"))
    assert (first.training_domain, first.serving_domain, first.embedding.network) == (
        "handwriting",
        "handwriting",
        "koch",
    )
    assert set(first.identity()) == {"head", "size", "channels", "preparation", "calibration", "threshold"}
    later = read_card(card(tmp_path / "later", **LATER_CARD))
    assert (later.serving_domain, later.training_domain) == ("photographs", "photographs")


def test_pointers_of_slots_without_domains_hold_for_handwriting(tmp_path):
    first = {"koch": {"current": "koch-1", "previous": ["koch-0"]}}
    (tmp_path / POINTER_FILE).write_text(json.dumps(first))
    assert read_pointers(tmp_path).places == {SlotPlace("koch"): Pointer("koch-1", ("koch-0",))}
    write_pointer(tmp_path, SlotPlace("resnet50", "photographs"), Pointer("resnet50-1"))
    assert json.loads((tmp_path / POINTER_FILE).read_text())["koch"] == first["koch"]


def test_images_to_label_that_were_imported_before_ink_was_noted_stay_imported(tmp_path):
    line = {"name": "a/1.png", "stamp": "77 1764000000", "image_id": LEFT}
    (tmp_path / "upload-1.jsonl").write_text(
        "\n".join(json.dumps(line | more) for more in ({}, {"name": "b/1.png", "problem": None, "ink": True}))
    )
    files = PoolFiles(tmp_path)
    assert {each.ink for source in files.sources() for each in source.done()} == {None, True}
    assert [each.class_name for each in files.images()] == [""]  # the same image in two folders


def test_shards_without_files_that_were_left_out_are_read(tmp_path):
    shard(tmp_path / "first.parquet")
    assert ShardFolder(tmp_path).read("koch-1").embeddings.tolist() == [[0.5, 0.25]]


def test_caches_in_another_form_are_passed_over(tmp_path):
    (tmp_path / "files.txt").write_text(f'{LEFT} 12 34 "/a.png"\n2\t{LEFT}\n')
    (tmp_path / "ink.txt").write_text(f"2 {LEFT} ink\n{RIGHT} 1\n")
    picture = tmp_path / "a.png"
    picture.write_bytes(b"picture")
    assert SeenFiles(tmp_path).id_of(look_at(picture)) is None
    assert (KeptKinds(tmp_path).get(LEFT), KeptKinds(tmp_path).get(RIGHT)) == (None, True)


def newer_log(folder: Path) -> Callable[[], object]:
    (folder / "pairs.csv").write_bytes(FIRST_LOG.replace("\n1,one", "\n2,one").encode())
    return lambda: PairLog(folder / "pairs.csv").append(LabelRow(left_id=LEFT, right_id=RIGHT, answer="same"))


def newer_log_with_a_column(folder: Path) -> Callable[[], object]:
    lines = FIRST_LOG.replace("\n1,", "\n2,").replace("\r\n", ",\r\n").replace("note,", "note,certainty", 1)
    (folder / "pairs.csv").write_bytes(lines.encode())
    return lambda: PairLog(folder / "pairs.csv").append(LabelRow(left_id=LEFT, right_id=RIGHT, answer="same"))


def newer_card(folder: Path) -> Callable[[], object]:
    card(folder / "koch", schema=2)
    return lambda: read_card(folder / "koch")


def newer_pointers(folder: Path) -> Callable[[], object]:
    (folder / POINTER_FILE).write_text(json.dumps({"schema": 2, "koch": {"current": "a", "previous": []}}))
    assert "a later version" in read_pointers(folder).problem and not read_pointers(folder).places
    return lambda: write_pointer(folder, SlotPlace("koch"), Pointer("koch-1"))


def newer_record(folder: Path) -> Callable[[], object]:
    (folder / "upload-1.jsonl").write_text(json.dumps({"schema": 2, "images": {}}) + "\n")
    return lambda: Record(folder / "upload-1.jsonl").read()


def newer_set_aside(folder: Path) -> Callable[[], object]:
    (folder / "set_aside.jsonl").write_text(json.dumps({"schema": 2, "images": [LEFT]}) + "\n")
    return lambda: SetAside(folder / "set_aside.jsonl").ids


def newer_shard(folder: Path) -> Callable[[], object]:
    shard(folder / "newer.parquet", schema="2")
    return lambda: ShardFolder(folder).read("koch-1")


def newer_evaluation(folder: Path) -> Callable[[], object]:
    (folder / "20261128T000000-abcdef.json").write_text(json.dumps({"schema": 2, "people": []}))
    return lambda: KeptReports(folder).add_person("20261128T000000-abcdef", "Ada", [])


NEWER = (
    newer_log,
    newer_log_with_a_column,
    newer_card,
    newer_pointers,
    newer_record,
    newer_set_aside,
    newer_shard,
    newer_evaluation,
)


@pytest.mark.parametrize("made", NEWER, ids=lambda each: each.__name__)
def test_what_a_later_version_wrote_is_refused_in_words_and_stays_as_it_is(made, tmp_path):
    use = made(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    for _ in range(2):  # the second time it may not pass for known
        with pytest.raises(UserError, match="schema 2, which a later version wrote"):
            use()
    after = {
        file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file.suffix != ".lock"
    }
    assert after == before


def test_a_log_to_which_a_later_version_appends_is_refused_from_then_on(tmp_path):
    log = PairLog(tmp_path / "pairs.csv")
    log.path.write_bytes(FIRST_LOG.encode())
    assert len(log.rows()) == 2
    later = FIRST_LOG.split("\r\n")[1].replace("1,one", "2,three", 1)
    log.path.write_bytes((FIRST_LOG + later + "\r\n").encode())
    for _ in range(2):
        with pytest.raises(UserError, match="a later version"):
            log.rows()
    assert "a later version" in log.problem()
    log.path.write_bytes(FIRST_LOG.encode())
    assert len(log.rows()) == 2
    assert sorted(file.name for file in tmp_path.glob("pairs.*-*")) == []


def test_a_slot_whose_checkpoint_is_of_a_later_version_says_where_to_look(tmp_path):
    store = CheckpointStore(tmp_path)
    card(store.own_folder / "koch-later", schema=2, id="koch-later")
    write_pointer(store.own_folder, SlotPlace("koch"), Pointer("koch-later"))
    assert store.current_id("koch") != "koch-later"
    assert "koch-later for koch, which is gone or cannot be read" in store.problem(SlotPlace("koch"))
