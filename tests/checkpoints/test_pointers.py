"""The file that says which checkpoint is current: whole at any moment, whoever writes, whoever dies."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.paths import ROOT
from siamese_core.checkpoints.pointers import POINTER_FILE, Pointer, locked, read_pointers, write_pointer
from siamese_core.checkpoints.slot_place import SlotPlace

MOVE_FOR_EVER = """
import sys
from pathlib import Path
from siamese_core.checkpoints.pointers import Pointer, locked, read_pointers, write_pointer
from siamese_core.checkpoints.slot_place import SlotPlace
folder, step = Path(sys.argv[1]), 0
while True:
    with locked(folder):
        step += 1
        previous = tuple(f"koch-{i}" for i in range(step % 50))
        write_pointer(folder, SlotPlace("koch"), Pointer(f"koch-{step}", previous))
    if step == 1:
        print("moving", flush=True)
"""

COUNT_UP = """
import sys
from pathlib import Path
from siamese_core.checkpoints.pointers import Pointer, locked, read_pointers, write_pointer
from siamese_core.checkpoints.slot_place import SlotPlace
folder = Path(sys.argv[1])
for _ in range(60):
    with locked(folder):
        before = read_pointers(folder).places.get(SlotPlace("koch"), Pointer("0"))
        write_pointer(folder, SlotPlace("koch"), Pointer(str(int(before.current) + 1), before.previous))
"""


def start(code: str, folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_without_a_file_there_are_no_pointers_and_no_problem(tmp_path):
    pointers = read_pointers(tmp_path / "none")
    assert pointers.places == {} and pointers.problem is None


def test_a_pointer_reads_back_and_leaves_the_other_slots_alone(tmp_path):
    with locked(tmp_path / "checkpoints"):
        write_pointer(tmp_path / "checkpoints", SlotPlace("koch"), Pointer("koch-1", ("koch-0",)))
        write_pointer(tmp_path / "checkpoints", SlotPlace("resnet50"), Pointer("resnet50-1"))
    assert read_pointers(tmp_path / "checkpoints").places == {
        SlotPlace("koch"): Pointer("koch-1", ("koch-0",)),
        SlotPlace("resnet50"): Pointer("resnet50-1"),
    }
    written = json.loads((tmp_path / "checkpoints" / "current.json").read_text())
    assert written["koch"] == {"current": "koch-1", "previous": ["koch-0"]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"koch": "koch-1"}',
        b'{"koch": {"current": 3, "previous": []}}',
        b'{"koch": {"current": "koch-1"}}',
        b'{"koch": {"current": "koch-1", "previous": "koch-0"}}',
        b'{"koch": {"current": "koch-1", "previous": [null]}}',
    ],
)
def test_a_damaged_file_gives_no_pointers_and_says_so(tmp_path, content):
    (tmp_path / POINTER_FILE).write_bytes(content)
    pointers = read_pointers(tmp_path)
    assert pointers.places == {}
    assert "current.json" in pointers.problem and "promote" in pointers.problem
    with locked(tmp_path):
        write_pointer(tmp_path, SlotPlace("koch"), Pointer("koch-2"))
    assert read_pointers(tmp_path).places == {SlotPlace("koch"): Pointer("koch-2")}


def test_two_processes_lose_no_change(tmp_path):
    processes = [start(COUNT_UP, tmp_path) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert read_pointers(tmp_path).places[SlotPlace("koch")].current == "120"


def test_a_process_killed_at_any_moment_leaves_a_whole_file_and_no_lock(tmp_path):
    seen = set()
    for round_number in range(12):
        process = start(MOVE_FOR_EVER, tmp_path)
        assert process.stdout.readline() == "moving\n"
        deadline = time.monotonic() + 0.01 + 0.007 * round_number
        while time.monotonic() < deadline:
            pointers = read_pointers(tmp_path)
            assert pointers.problem is None and pointers.places
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        pointers = read_pointers(tmp_path)
        assert pointers.problem is None
        step = int(pointers.places[SlotPlace("koch")].current.removeprefix("koch-"))
        assert len(pointers.places[SlotPlace("koch")].previous) == step % 50
        seen.add(step)
        with locked(tmp_path):  # would wait for ever on a lock that outlived its process
            write_pointer(tmp_path, SlotPlace("koch"), Pointer("koch-0"))
    assert len(seen) > 1
