"""Exit codes, what is written where, and the process of its own."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from helpers.commands import process
from helpers.paths import ROOT


def test_what_should_never_happen_is_one_line_and_its_own_exit_code(run, monkeypatch):
    """A path with a zero byte: nothing that starts processes can pass one."""
    ended = run("log", "check", home=Path("a\0b"))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "error: unexpected ValueError: embedded null byte; set SIAMESE_DEBUG=1 for the traceback\n"
    )
    monkeypatch.setenv("SIAMESE_DEBUG", "1")
    assert "Traceback" in run("log", "check", home=Path("a\0b")).err


def test_ctrl_c_ends_with_130_and_no_traceback(run, tmp_path):
    """While it waits for a pipe that nobody writes to. A shell lets what it runs in the background ignore
    Ctrl-C, so it is heard here first."""
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    os.mkfifo(tmp_path / "pipe.csv")
    main_thread = threading.main_thread().ident
    timer = threading.Timer(0.3, signal.pthread_kill, (main_thread, signal.SIGINT))
    timer.start()
    ended = run("log", "import", tmp_path / "pipe.csv")
    timer.join()
    signal.signal(signal.SIGINT, heard)
    assert (ended.code, ended.out, ended.err) == (130, "", "error: stopped by Ctrl-C\n")


def test_the_process_ends_with_2_and_one_line(workspace):
    ended = process(
        "compare", "missing.png", "missing.png", environment={"SIAMESE_WORKSPACE": str(workspace)}
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_reader_that_has_had_enough_makes_no_noise(workspace):
    command = f"{sys.executable} -m siamese_core evaluate one-shot --help | true"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert ended.stderr == ""


def test_what_needs_no_network_does_not_load_tensorflow(workspace):
    code = (
        "import sys\n"
        "from siamese_core.cli.main import main\n"
        "main(['--help'])\n"
        "for words in (['log', 'check'], ['checkpoints', 'list'], ['log', 'export', 'missing/a.csv']):\n"
        "    main([*words, '--workspace', sys.argv[1]])\n"
        "print(*{name.split('.')[0] for name in sys.modules})\n"
    )
    command = [sys.executable, "-c", code, str(workspace)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "gradio"} & set(ended.stdout.splitlines()[-1].split())
