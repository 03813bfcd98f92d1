"""Say what is wrong with an installation and a workspace, with the cause and the remedy."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from siamese_core.checkpoints.store import SHIPPED, CheckpointStore
from siamese_core.data.progress import Progress
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.errors import in_words
from siamese_core.operating import checkpoint_checks, installation, surroundings, workspace_checks

Examination = Callable[[], Finding | list[Finding]]
NOT_MEASURED = -1.0


def examine(
    workspace: Path, progress: Progress, shipped: Path = SHIPPED, log_url: str = "", images_url: str = ""
) -> list[Finding]:
    """Run every check of the installation, its surroundings and the workspace; none changes anything.

    A check that fails itself is an error among the findings.
    """
    examinations, findings = _examinations(workspace, shipped, log_url, images_url), []
    for number, (name, examination) in enumerate(examinations.items()):
        progress(number / len(examinations), f"checking: {name}")
        findings += _made(name, examination)
    return findings


def _examinations(workspace: Path, shipped: Path, log_url: str, images_url: str) -> dict[str, Examination]:
    store = CheckpointStore(workspace, shipped)
    return {
        "python": installation.check_python,
        "libraries": installation.check_libraries,
        "extras": installation.check_extras,
        "home": surroundings.check_home,
        "proxy": surroundings.check_proxy,
        "port": surroundings.check_port,
        "workspace": partial(workspace_checks.check_workspace, workspace),
        "disk": partial(workspace_checks.check_space, workspace),
        "locks": partial(workspace_checks.check_locks, workspace),
        "log": partial(workspace_checks.check_log, workspace, log_url),
        "images": partial(workspace_checks.check_images, workspace, log_url, images_url),
        "pointers": partial(checkpoint_checks.check_pointers, store),
        "checkpoints": partial(checkpoint_checks.check_checkpoints, store),
        "weights-efficientnet-lite2": installation.check_lite_weights,
        "weights-resnet50": partial(installation.check_resnet50_weights, store),
    }


def _made(name: str, examination: Examination) -> list[Finding]:
    try:
        found = examination()
    except Exception as failure:  # whatever a broken installation may bring
        check = Check(name, "a check that can be made")
        cause = f"It could not be made: {in_words(failure)}"
        remedy = f"Mend that, or install anew with {sys.executable} -m pip install -r requirements.txt."
        return [check.found("error", NOT_MEASURED, cause, remedy)]
    return found if isinstance(found, list) else [found]
