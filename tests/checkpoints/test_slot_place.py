"""The places of a slot, and their text in the file of pointers."""

import json

import pytest

from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.checkpoints.pointers import POINTER_FILE, Pointer, locked, read_pointers, write_pointer
from siamese_core.checkpoints.slot_place import FIXED, SlotPlace

TEXTS = {HANDWRITING: "koch", PHOTOGRAPHS: "koch photographs", FIXED: "koch fixed"}


@pytest.mark.parametrize("domain", TEXTS)
def test_a_place_reads_back_from_its_text(domain):
    place = SlotPlace("koch", domain)
    assert str(place) == TEXTS[domain]
    assert SlotPlace.parse(TEXTS[domain]) == place


def test_the_file_of_an_earlier_version_is_read_and_written_as_it_was(tmp_path):
    entry = {"current": "koch-1", "previous": ["koch-0"]}
    written = dict.fromkeys([*TEXTS.values(), "koch sketches"], entry)
    (tmp_path / POINTER_FILE).write_text(json.dumps(written))
    assert read_pointers(tmp_path).places[SlotPlace("koch", PHOTOGRAPHS)] == Pointer("koch-1", ("koch-0",))
    with locked(tmp_path):
        write_pointer(tmp_path, SlotPlace("resnet50"), Pointer("koch-1", ("koch-0",)))
    assert json.loads((tmp_path / POINTER_FILE).read_text()) == written | {"resnet50": entry}
