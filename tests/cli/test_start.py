"""What a process may lack as it starts: a home folder, standard streams, the time to be stopped in order."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from helpers.commands import copied
from helpers.paths import ROOT
from helpers.samples import write_class_folders
from helpers.servers import free_port
from siamese_core.cli.start import CACHES, provide_home
from siamese_core.training import measured_checkpoint, validation

SAMPLES = ROOT / "assets" / "samples" / "pairs"
PAIR = [str(SAMPLES / f"1_same_two_hands_{side}.png") for side in ("left", "right")]
NUMBER = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]  # a user without a passwd entry
NOT_FOUND = (
    "import pwd, runpy\n"
    "def unknown(uid): raise KeyError(uid)\n"
    "pwd.getpwuid = unknown\n"
    "runpy.run_module('siamese_core', run_name='__main__')\n"
)


def as_nobody() -> list[str]:
    """Return the command line of a user without a passwd entry.

    It is that of such a one where the tests may become one who may run this Python, else of whoever runs the
    tests, who is not found.
    """
    if os.geteuid() == 0 and shutil.which("setpriv"):
        python = [*NUMBER, sys.executable]
        if subprocess.run([*python, "-c", "import json"], capture_output=True).returncode == 0:
            return [*python, "-m", "siamese_core"]
    return [sys.executable, "-c", NOT_FOUND]


@pytest.fixture
def open_folder():
    """A folder that every user may enter and write to; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("words", "home"),
    [
        (["log", "check"], ""),
        (["log", "check"], "/nonexistent"),
        (["compare", *PAIR, "--json"], None),
    ],
    ids=["log check-empty", "log check-gone", "compare-unset"],
)
def test_commands_work_without_noise_a_home_folder_and_a_passwd_entry(slots, open_folder, words, home):
    workspace = copied(slots, open_folder / "workspace")
    for path in (workspace, *workspace.rglob("*")):
        path.chmod(0o777)
    variables = {"PATH": os.environ["PATH"], "SIAMESE_RESNET50_WEIGHTS": "none", "TMPDIR": str(open_folder)}
    if home is not None:
        variables["HOME"] = home
    command = [*as_nobody(), *words, "--workspace", str(workspace)]
    ended = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout
    if "--json" in words:
        (line,) = ended.stdout.splitlines()
        assert len(json.loads(line)["results"]) == 2


def test_a_home_folder_that_can_be_used_is_left_as_it_is(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path)})
    provide_home()
    assert os.environ == {"HOME": str(tmp_path)}


def test_libraries_get_a_folder_where_there_is_no_home_and_the_same_one_again(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path / "gone"), "HF_HOME": "mine"})
    provide_home()
    first = dict(os.environ)
    assert first["HF_HOME"] == "mine" and set(CACHES) < set(first)
    assert (tmp_path / "gone").exists() is False and first["HOME"].startswith(str(tmp_path))
    os.environ.clear()
    os.environ.update(HOME=str(tmp_path / "gone"), HF_HOME="mine")
    provide_home()
    assert os.environ == first


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("words", "code"), [("log check", 0), ("log nosuch", 2)])
def test_commands_end_in_order_with_closed_streams(workspace, closed, words, code):
    command = f'"{sys.executable}" -m siamese_core {words} --workspace "{workspace}" {closed}'
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == code
    assert "Traceback" not in ended.stdout + ended.stderr
    if closed == "2>&-" and code == 0:
        assert "rows" in ended.stdout
    if closed == ">&-" and code == 2:
        assert ended.stderr.startswith("error: ")


def test_what_is_printed_without_a_stream_gets_into_no_file(slots, tmp_path):
    """The number of a closed stream goes to the next file that is opened."""
    home = copied(slots, tmp_path / "workspace")
    closed = "<&- >&- 2>&-"
    command = f'"{sys.executable}" -m siamese_core compare {" ".join(PAIR)} --workspace "{home}" {closed}'
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0
    written = [path for path in home.rglob("*") if path.is_file() and path.suffix not in (".png", ".npz")]
    assert not any(b"similarity  threshold" in path.read_bytes() for path in written)


def interrupted(command: list[str], wait) -> subprocess.CompletedProcess:
    """The command, with Ctrl-C pressed once `wait(process)` returns."""

    def hear() -> None:  # a shell may have told what it starts to ignore Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear,
        env=os.environ | {"SIAMESE_RESNET50_WEIGHTS": "none"},
    ) as running:
        wait(running)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
    return subprocess.CompletedProcess(command, running.returncode, out, err)


PRESSED = (
    "import os, signal, sys\n"
    "moment = sys.argv.pop(1)\n"
    "class Press:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        if name == moment: os.kill(os.getpid(), signal.SIGINT)\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "sys.meta_path.insert(0, Press())\n"
    "from {} import run\n"
    "sys.exit(run())\n"
)


@pytest.mark.parametrize(
    ("program", "moment"),
    [
        ("siamese_core.page.start", "siamese_core.page.serving.process"),  # the first import of all
        ("siamese_core.page.start", "argparse"),
        ("siamese_core.page.start", "gradio"),
        ("siamese_core.__main__", "siamese_core.cli.start"),
        ("siamese_core.__main__", "rich"),
        ("siamese_core.__main__", "tensorflow"),
    ],
)
def test_ctrl_c_during_the_imports_ends_with_130_and_one_line(tmp_path, program, moment):
    """Pressed as the module `moment` is looked for."""
    words = ["--port", str(free_port())] if "page" in program else ["compare", *PAIR]
    command = [sys.executable, "-c", PRESSED.format(program), moment, *words]
    ended = subprocess.run(
        [*command, "--workspace", str(tmp_path / "w")], cwd=ROOT, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "error: stopped by Ctrl-C\n")


@pytest.mark.parametrize(
    ("words", "full", "out", "told"),
    [
        ("log check", "2", True, False),
        ("log nosuch", "2", False, False),
        ("log check", "1", False, True),
    ],
)
def test_a_full_disk_under_a_standard_stream_is_told_on_the_other(workspace, words, full, out, told):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    command = f'"{sys.executable}" -m siamese_core {words} --workspace "{workspace}" {full}>/dev/full'
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == (0 if out else 2)
    assert ("rows" in ended.stdout) is out
    assert ended.stderr.startswith("error: Standard output must") is told
    assert "Traceback" not in ended.stderr


def test_ctrl_c_in_train_before_the_first_state_saves_it_and_resume_goes_on(
    run, workspace, tmp_path, monkeypatch
):
    data = write_class_folders(tmp_path / "data", np.random.default_rng(1), 1, 20, 3)
    words = ["train", "small_cnn", "--data", str(data), "--steps"]
    kept = workspace / "training" / "small_cnn"

    def until_images_are_prepared(running) -> None:
        while len(list(kept.glob("prepared-*.npy"))) < 2 and running.poll() is None:
            time.sleep(0.02)

    command = [sys.executable, "-m", "siamese_core", *words, "100000", "--workspace", str(workspace)]
    ended = interrupted(command, until_images_are_prepared)
    assert ended.returncode == 130
    (line,) = [each for each in ended.stderr.splitlines() if " %  " not in each]
    if (kept / "state.npz").exists():
        assert line.startswith("error: stopped by Ctrl-C. Step ") and "--resume" in line
        step = int(re.search(r"Step (\d+)", line)[1])
    else:
        assert line.endswith("nothing was to be saved. Start it again")
        step = 0
    again = ["--resume"] if (kept / "state.npz").exists() else []
    monkeypatch.setattr(measured_checkpoint, "FINAL_TRIALS", 50)
    monkeypatch.setattr(validation, "PAIRS", 200)
    assert run(*words, step + 1, *again).code == 0
