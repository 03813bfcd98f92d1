"""Check a workspace: that it can be written to, its disk, its log, the images of the log, its locks."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from siamese_core.answers.pair_log import LogReport, PairLog, log_of
from siamese_core.answers.stores.log_snapshot import LOG_NAME, lock_of
from siamese_core.atomic import locked
from siamese_core.checkpoints.pointers import LOCK_FILE
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.errors import UserError
from siamese_core.images.store import images_of
from siamese_core.operating.surroundings import can_write

FOLDERS = ("images", "checkpoints", "evaluations", "reports", "embeddings", "pool", "uploads")
NAMED_LINES = 3  # in a cause
GIGABYTE = 1e9
LITTLE, HARDLY_ANY = 2.0, 0.2  # GB: a retraining takes up to 0.2, a checkpoint for photographs 0.1
LOCK_SECONDS = 1.0  # an append or a promotion holds a lock for milliseconds


def check_workspace(workspace: Path) -> Finding:
    """Count the folders of a workspace, and its log, that cannot be written to; changes nothing."""
    check = Check("workspace", "0 folders or files that cannot be written to")
    if workspace.exists() and not workspace.is_dir():
        return check.found("error", 1, f"{workspace} is no folder.", "Name another --workspace.")
    folders = [workspace, *(workspace / name for name in FOLDERS)]
    closed = [str(folder) for folder in folders if not can_write(folder)]
    if (log := workspace / LOG_NAME).is_file():
        with contextlib.ExitStack() as opened:
            try:
                opened.enter_context(log.open("ab"))
            except OSError:
                closed.append(str(log))
    if not closed:
        note = "" if workspace.exists() else ": the first command makes it"
        return check.ok(0, note)
    cause = f"Not writable: {', '.join(closed)}."
    return check.found(
        "error", len(closed), cause, "Correct owner and permissions, or name another --workspace."
    )


def check_space(workspace: Path) -> Finding:
    """Measure the free space of the workspace's disk, in GB."""
    folder = workspace.absolute()
    free = (
        shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.is_dir())).free / GIGABYTE
    )
    check = Check("disk", f"GB free, at least {LITTLE:g}")
    if free >= LITTLE:
        return check.ok(free)
    remedy = "Free some space: embeddings/ can be made anew, old checkpoints can be moved away."
    return check.found("error" if free < HARDLY_ANY else "warning", free, "The disk is nearly full.", remedy)


def check_log(workspace: Path, log_url: str) -> list[Finding]:
    """Count the lines of the log that are not valid, torn or lost, and its conflicts."""
    lines = Check("log", "0 lines that are not valid, torn or lost")
    try:
        log = log_of(workspace, log_url)
        report: LogReport = log.check()
        left = _left_in_file(workspace, log) if log_url else []
    except UserError as problem:
        remedy = "Or restore a backup: python -m siamese_core restore FILE --into DIR."
        return [lines.found("error", 1, str(problem), "psql with that URL says more." if log_url else remedy)]
    said = [f"line {each.line}: {each.why}" if each.line else each.why for each in report.rejected] + left
    findings = [lines.ok(0, f": {report.rows} rows, {report.labels} answers")]
    if said:
        more = f"; and {len(said) - NAMED_LINES} more" if len(said) > NAMED_LINES else ""
        remedy = "python -m siamese_core log check lists all."
        findings = [
            lines.found(
                "warning",
                len(said),
                "; ".join(each.rstrip(".") for each in said[:NAMED_LINES]) + f"{more}.",
                remedy,
            )
        ]
    conflicts = Check("conflicts", "0 pairs on which annotators disagree")
    if not report.conflicts:
        return [*findings, conflicts.ok(0)]
    cause, remedy = "They train nothing until they are settled.", "Settle them in the Review tab."
    return [*findings, conflicts.found("warning", report.conflicts, cause, remedy)]


def _left_in_file(workspace: Path, log: PairLog) -> list[str]:
    """Say how many rows of the file of a workspace are not in its log in a database, if any."""
    there = {row.label_id for row in log.rows()}
    missing = sum(row.label_id not in there for row in log_of(workspace).rows())
    words = f"rows of {LOG_NAME} that are not in the database: {missing}; log import {LOG_NAME} takes them in"
    return [words] if missing else []


def check_images(workspace: Path, log_url: str, images_url: str) -> Finding:
    """Count the images of answers that are gone from the store."""
    store = images_of(workspace, images_url)
    try:
        named = {each for row in log_of(workspace, log_url).labels() for each in row.pair}
    except UserError:
        check = Check("images", "a log that tells which images it needs")
        return check.found("error", 0, "The log cannot be read.", "Mend the log first, as its finding says.")
    gone = sorted(named - set(store.ids()))
    check = Check("images", f"0 of {len(named)} images of the answers missing")
    if not gone:
        return check.ok(0)
    cause = f"Missing in {store.name}: {', '.join(gone[:NAMED_LINES])}{' ...' * (len(gone) > NAMED_LINES)}"
    return check.found(
        "error", len(gone), cause, "Put them back from a backup; without, their answers teach nothing."
    )


def check_locks(workspace: Path) -> Finding:
    """Count the locks that somebody holds for far longer than an answer or a promotion takes."""
    held = list(_held(workspace))
    check = Check("locks", f"0 locks held for more than {LOCK_SECONDS:g} s")
    if not held:
        return check.ok(0)
    cause = (
        f"Held: {', '.join(held)}. The program hangs; or it is gone, on a disk that does not free its locks."
    )
    remedy = "End every workbench on this workspace; a lock that is still held then can be deleted."
    return check.found("warning", len(held), cause, remedy)


def _held(workspace: Path) -> Iterator[str]:
    locks = (lock_of(workspace / LOG_NAME), workspace / "checkpoints" / LOCK_FILE)
    for file in (*locks, workspace / "evaluations" / "people.lock"):
        if not file.exists():
            continue
        try:
            with locked(file, LOCK_SECONDS):
                continue
        except TimeoutError:
            yield str(file)
        except OSError:  # no right to lock: told by `check_workspace`
            continue
