"""Files and folders that are whole or absent."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from helpers.paths import ROOT
from siamese_core.atomic import (
    append_to_file,
    folder_aside,
    locked,
    remove_leftovers,
    replace_file,
    replacing,
    share_file,
)

FILES, SIZE = 5, 200_000

MAKE_FOLDERS = f"""
import sys
from pathlib import Path
from siamese_core.atomic import folder_aside
for number in range(10_000):
    with folder_aside(Path(sys.argv[1]) / f"{{number:05d}}") as aside:
        for name in range({FILES}):
            (aside / str(name)).write_bytes(bytes({SIZE}))
    if number == 0:
        print("making", flush=True)
"""


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(tmp_path):
    file = tmp_path / "card.json"
    replace_file(file, b"old")
    with pytest.raises(TypeError):
        replace_file(file, "not bytes")
    assert file.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["card.json"]


def test_a_file_is_replaced_when_its_block_ends_and_left_alone_where_that_fails(tmp_path):
    file = tmp_path / "state"
    replace_file(file, b"old")
    with replacing(file) as stream:
        stream.write(b"new")
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    with pytest.raises(KeyboardInterrupt), replacing(file) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt
    assert file.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["state"]


def test_a_link_stays_a_link_and_a_pipe_is_written_to(tmp_path):
    (tmp_path / "folder").mkdir()
    real = tmp_path / "folder" / "real.txt"
    (tmp_path / "link.txt").symlink_to(real)
    replace_file(tmp_path / "link.txt", b"new")
    assert (tmp_path / "link.txt").is_symlink() and real.read_bytes() == b"new"
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    replace_file(tmp_path / "pipe", b"through")
    assert os.read(reading, 99) == b"through"
    os.close(reading)
    assert not (tmp_path / "pipe").is_file() and len(list(tmp_path.iterdir())) == 3


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    for folder in (tmp_path, Path("."), Path("/")):
        with pytest.raises(IsADirectoryError):
            replace_file(folder, b"new")


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127, "x" * 221, "x" * 222])
def test_a_file_with_the_longest_name_is_replaced_too(tmp_path, name):
    replace_file(tmp_path / name, b"new")
    assert (tmp_path / name).read_bytes() == b"new"
    with folder_aside(tmp_path / "folders" / name) as aside:
        (aside / "file").write_bytes(b"whole")
    assert (tmp_path / "folders" / name / "file").read_bytes() == b"whole"


def test_what_killed_writes_of_a_file_left_is_removed_and_nothing_else(tmp_path):
    for name in ("state", ".state.0a1b", ".states", ".other.0a1b"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path / "state")
    assert {each.name for each in tmp_path.iterdir()} == {"state", ".states", ".other.0a1b"}


def test_appending_may_cut_off_what_lies_behind_a_place(tmp_path):
    file = tmp_path / "rows"
    append_to_file(file, b"one two")
    append_to_file(file, b" three")
    assert file.read_bytes() == b"one two three"
    append_to_file(file, b"four", start=4)
    assert file.read_bytes() == b"one four"


def test_one_thread_at_a_time_holds_a_lock(tmp_path):
    counter, threads = tmp_path / "counter", []

    def count():
        for _ in range(20):
            with locked(tmp_path / "lock"):
                counter.write_text(str(int(counter.read_text()) + 1))

    counter.write_text("0")
    for _ in range(4):
        threads.append(threading.Thread(target=count))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "80"


def test_a_lock_is_refused_while_another_process_holds_it_and_freed_when_that_is_killed(tmp_path):
    hold = (
        "import sys, time\nfrom pathlib import Path\nfrom siamese_core.atomic import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(600)"
    )
    command = [sys.executable, "-c", hold, str(tmp_path / "lock")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    with pytest.raises(TimeoutError, match="lock is held"), locked(tmp_path / "lock", seconds=0):
        pass
    process.kill()
    process.communicate()
    with locked(tmp_path / "lock", seconds=60):
        pass


def test_a_folder_appears_whole_when_its_block_ends(tmp_path):
    with folder_aside(tmp_path / "deep" / "folder") as aside:
        (aside / "file").write_text("content")
        assert not (tmp_path / "deep" / "folder").exists()
    assert (tmp_path / "deep" / "folder" / "file").read_text() == "content"
    assert not aside.exists()


def test_a_folder_whose_block_fails_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), folder_aside(tmp_path / "folder") as aside:
        (aside / "file").write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("first")
    with pytest.raises(OSError), folder_aside(tmp_path / "folder") as aside:
        (aside / "file").write_text("second")
    assert (tmp_path / "folder" / "file").read_text() == "first"
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_a_process_killed_at_any_moment_leaves_only_whole_folders(tmp_path):
    for round_number in range(8):
        parent = tmp_path / str(round_number)
        command = [sys.executable, "-c", MAKE_FOLDERS, str(parent)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "making\n"
        time.sleep(0.005 * round_number)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        visible = [folder for folder in parent.iterdir() if not folder.name.startswith(".")]
        assert visible
        for folder in visible:
            assert [file.stat().st_size for file in folder.iterdir()] == [SIZE] * FILES


def test_a_shared_file_is_the_same_file(tmp_path):
    (tmp_path / "first").write_text("content")
    share_file(tmp_path / "first", tmp_path / "second")
    assert (tmp_path / "second").samefile(tmp_path / "first")


def test_a_file_of_another_file_system_is_copied(tmp_path):
    share_file(Path("/proc/version"), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == Path("/proc/version").read_bytes()


def test_a_file_that_is_not_there_cannot_be_shared(tmp_path):
    with pytest.raises(FileNotFoundError):
        share_file(tmp_path / "none", tmp_path / "copy")
