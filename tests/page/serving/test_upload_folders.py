"""Several servers on one workspace: none takes the uploads of a living one, all take those of the dead."""

import subprocess
import sys
from contextlib import ExitStack

from helpers.browsing import glyph
from helpers.calling import Caller
from helpers.paths import ROOT
from siamese_core.page.serving.upload_folders import CLAIMING, claim_upload_folder

WITHOUT_STREAMS = (
    "import os, sys\n"
    "for number in range(3): os.close(number)\n"
    "os.execv(sys.executable, [sys.executable, 'app.py', *sys.argv[1:]])\n"
)
CLAIM = (
    "import sys; from contextlib import ExitStack; from pathlib import Path\n"
    "from siamese_core.page.serving.upload_folders import claim_upload_folder\n"
    "held = ExitStack()\n"
    "print(claim_upload_folder(Path(sys.argv[1]), held), flush=True)\n"
    "sys.stdin.read()\n"
)


def test_a_second_start_keeps_what_a_living_process_uses_and_deletes_it_once_that_is_killed(tmp_path):
    command = [sys.executable, "-c", CLAIM, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        theirs = tmp_path / "uploads" / other.stdout.readline().strip().rpartition("/")[2]
        (theirs / "picture.png").write_bytes(b"x")
        with ExitStack() as held:
            ours = claim_upload_folder(tmp_path, held)
            assert ours.is_dir() and ours != theirs
            assert (theirs / "picture.png").is_file()
            other.kill()
            other.wait()
            with ExitStack() as third:
                claim_upload_folder(tmp_path, third)
                assert ours.is_dir() and not theirs.exists()


def test_uploads_of_ended_processes_and_of_earlier_versions_are_deleted_at_start(tmp_path):
    (tmp_path / "uploads" / "0a1b").mkdir(parents=True)
    (tmp_path / "uploads" / "0a1b" / "picture.png").write_bytes(b"x")
    (tmp_path / "uploads" / "dead.lock").touch()
    with ExitStack() as held:
        own = claim_upload_folder(tmp_path, held)
        names = {path.name for path in (tmp_path / "uploads").iterdir()}
    assert names == {own.name, f"{own.name}.lock", CLAIMING}


def test_pictures_of_the_first_server_can_be_compared_after_a_second_has_started(serve, quick_app):
    """The second one begins as some cron daemons start what they run, without standard streams."""
    caller = Caller(quick_app.url)
    pictures = [caller.uploaded(glyph(1)), caller.uploaded(glyph(2))]
    second = Caller(serve(workspace=quick_app.workspace, program=["-c", WITHOUT_STREAMS]).url)
    kind, first_says = caller.curl("compare", pictures)
    assert kind == "complete"
    both = [second.uploaded(glyph(1)), second.uploaded(glyph(2))]
    second.http.get("/healthz")
    assert second.curl("compare", both) == (kind, first_says)
    caller.close()
    second.close()
