"""What a person is told where Ray is missing or does not answer, and that nobody else imports it."""

import subprocess
import sys

import pytest

from helpers.paths import ROOT
from siamese_core.errors import UserError
from siamese_core.scale.ray_cluster import connected, user_error_in


def test_a_missing_extra_is_told_in_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install \.\[scale\]"), connected("auto"):
        pass


def test_the_words_of_a_task_are_found_in_what_ray_raises_of_it():
    class TaskError(Exception):
        cause = UserError("Images must be whole.")

    around = RuntimeError("a task failed")
    around.__cause__ = TaskError("a long traceback")
    assert str(user_error_in(around)) == "Images must be whole."
    died = RuntimeError("The actor died:\n  File ...\nsiamese_core.errors.UserError: Give another.\n")
    assert str(user_error_in(died)) == "Give another."
    assert user_error_in(RuntimeError("another")) is None


def test_nobody_imports_ray_who_did_not_ask_for_it():
    modules = "scale.embedding", "scale.ray_embedding", "scale.ray_cluster", "cli.main", "scale.sources"
    lines = "; ".join(f"import siamese_core.{name}" for name in modules)
    command = [sys.executable, "-c", f"{lines}; import sys; print('ray' in sys.modules)"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert finished.stdout.split() == ["False"]
