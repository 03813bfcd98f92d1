"""What the doctor finds: nothing on a sound workspace, and each fault by its name, with a remedy."""

import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from helpers.paths import ROOT
from helpers.workspaces import noise
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog
from siamese_core.atomic import locked
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.diagnosis.findings import Finding
from siamese_core.images.store import ImageStore
from siamese_core.operating import installation, surroundings, workspace_checks
from siamese_core.operating.checkpoint_checks import folder_problem
from siamese_core.operating.doctor import examine
from siamese_core.operating.requirements import Requirements


def found(home: Path) -> dict[str, Finding]:
    findings = {each.check: each for each in examine(home, lambda share, words: None)}
    assert all(each.level == "ok" or (each.cause and each.remedy) for each in findings.values())
    return findings


@pytest.fixture
def home(tmp_path) -> Path:
    """A workspace with one answer."""
    images, log = ImageStore(tmp_path / "images"), PairLog(tmp_path / "pairs.csv")
    left, right = (images.add(image) for image in noise(2))
    log.append(LabelRow(left_id=left, right_id=right, answer="same", session_id="s", source="page"))
    return tmp_path


def test_a_new_workspace_has_no_fault_and_is_not_made(tmp_path):
    told = found(tmp_path / "new")
    faults = {name for name, each in told.items() if each.level != "ok"}
    assert faults <= {"port", "proxy", "disk", "home", "extras"}  # what is so of the machine
    assert len(told) == 16 and not (tmp_path / "new").exists()


def test_faults_of_the_log_and_its_images_are_counted(home):
    with (home / "pairs.csv").open("a") as log:
        log.write('no row\n1,"torn')
    ImageStore(home / "images").path(PairLog(home / "pairs.csv").rows()[0].left_id).unlink()
    told = found(home)
    assert (told["log"].level, told["log"].measured) == ("warning", 2)
    assert (told["images"].level, told["images"].measured) == ("error", 1)


def test_a_file_that_is_no_log_is_an_error_and_the_other_checks_are_made(home):
    (home / "pairs.csv").write_text("name,price\nA,1\n")
    told = found(home)
    assert told["log"].level == told["images"].level == "error"
    assert told["pointers"].level == "ok"


def test_pointers_that_lead_nowhere_and_damaged_checkpoints_are_errors(home):
    (home / "checkpoints" / "koch-cut").mkdir(parents=True)
    (home / "checkpoints" / "current.json").write_text('{"koch": {"current": "koch-1", "previous": []}}')
    told = found(home)
    assert (told["pointers"].level, told["checkpoints"].measured) == ("error", 1)
    assert "koch leads to koch-1: which is not there" in told["pointers"].cause
    (home / "checkpoints" / "current.json").write_text("{")
    assert "must be the JSON" in found(home)["pointers"].cause


def test_a_checkpoint_is_whole_only_with_every_byte_of_its_files(tmp_path):
    folder = tmp_path / "koch"
    folder.mkdir()
    for file in (SHIPPED / "koch").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    assert folder_problem(folder) is None
    head = bytearray((folder / "head.npz").read_bytes())
    head[len(head) // 2] ^= 0x55
    (folder / "head.npz").write_bytes(head)
    assert "head.npz" in folder_problem(folder)
    (folder / "head.npz").unlink()
    assert "head.npz cannot be read" in folder_problem(folder)


def test_a_lock_that_is_held_is_told(home, monkeypatch):
    monkeypatch.setattr(workspace_checks, "LOCK_SECONDS", 0.05)
    assert workspace_checks.check_locks(home).level == "ok"
    with locked(home / "pairs.csv.lock"):
        told = workspace_checks.check_locks(home)
    assert (told.level, told.measured) == ("warning", 1)
    assert "pairs.csv.lock" in told.cause


def test_a_folder_that_cannot_be_written_to_is_an_error(home):
    assert workspace_checks.check_workspace(home).level == "ok"
    assert workspace_checks.check_workspace(home / "pairs.csv").level == "error"
    if os.name == "posix" and os.geteuid():  # root may write everywhere
        (home / "images").chmod(0o500)
        assert "images" in workspace_checks.check_workspace(home).cause


def test_a_proxy_that_would_be_asked_for_this_machine_is_told(monkeypatch):
    for name in [each for each in os.environ if each.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    assert "no proxy" in surroundings.check_proxy().expected
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert surroundings.check_proxy().measured == 2
    monkeypatch.setenv("no_proxy", "localhost")
    assert "NO_PROXY lacks 127.0.0.1" in surroundings.check_proxy().cause
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    assert surroundings.check_proxy().level == "ok"


def test_a_port_that_another_program_has_is_told():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        for _ in range(2):  # the check connects, then asks
            threading.Thread(target=server.handle_request).start()
        told = surroundings.check_port(server.server_port)
    assert (told.level, told.measured) == ("warning", 1)
    assert "is free" in surroundings.check_port(server.server_port).expected


def test_a_home_that_keeps_nothing_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(surroundings.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "siamese-1000"))
    assert "temporary" in surroundings.check_home().cause


def test_libraries_out_of_bounds_are_a_warning_and_missing_ones_an_error(monkeypatch):
    told = installation.requirements()
    for text, level in (("numpy<1", "warning"), ("no-such-library>=1", "error")):
        needed = Requirements(told.python, (Requirement(text),), {})
        monkeypatch.setattr(installation, "requirements", lambda needed=needed: needed)
        assert installation.check_libraries().level == level
        assert text in installation.check_libraries().remedy


def test_weights_are_found_switched_off_or_told_to_be_no_weights(monkeypatch, tmp_path, home):
    store = installation.CheckpointStore(home)
    assert "switched off" in installation.check_resnet50_weights(store).expected
    file = tmp_path / "weights.h5"
    file.write_bytes(b"no weights")
    monkeypatch.setenv("SIAMESE_RESNET50_WEIGHTS", str(file))
    assert installation.check_resnet50_weights(store).level == "error"
    file.write_bytes(installation.HDF5_HEAD)
    assert installation.check_resnet50_weights(store).level == "ok"
    file.unlink()
    assert "must name a file" in installation.check_resnet50_weights(store).cause


def test_a_check_that_cannot_be_made_is_a_finding_and_no_network_is_loaded(home):
    program = (
        "import sys; sys.modules['pandas'] = None\n"
        "from pathlib import Path; from siamese_core.operating.doctor import examine\n"
        f"told = examine(Path({str(home)!r}), lambda share, words: None)\n"
        "print(*[each.check for each in told if each.measured == -1], 'tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["images", "False"]
