"""Check, for `doctor`, whether a workspace can be kept on the hub."""

from pathlib import Path

from siamese_core.answers.pair_log import log_of
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.errors import UserError
from siamese_core.syncing.hub import ABSENT, HubProblem, Repository, token_at_hand
from siamese_core.syncing.ledger import confirmed_ids

REMEDY = "Correct that, or leave out --sync-to: answers are then kept on this disk only."


def check_sync(workspace: Path, dataset: str, log_url: str = "") -> Finding:
    """Check token, repository and what waits. Changes nothing on the hub."""
    check = Check("sync", f"every answer on the hub, in {dataset}")
    if log_url:
        return check.found(
            "error", -1.0, "A log in PostgreSQL is kept by its database, not by the hub.", REMEDY
        )
    try:
        repository = Repository(dataset, "dataset", token_at_hand())
        who = repository.who()
        waiting = _waiting(workspace, dataset)
        try:
            repository.newest()
        except HubProblem as problem:
            if problem.status not in ABSENT:
                raise
            return check.ok(waiting, f": {who} has no {dataset} yet; the server makes it, private")
    except (HubProblem, UserError) as problem:
        words = str(problem).rstrip(".")
        return check.found("error", -1.0, f"{words[0].upper()}{words[1:]}.", REMEDY)
    if waiting:
        cause = f"{waiting} rows of the log are not there yet; {who} may read {dataset}."
        return check.found("warning", waiting, cause, "Start the server with --sync-to: it sends them first.")
    return check.ok(0, f": {who} reaches {dataset}")


def _waiting(workspace: Path, dataset: str) -> int:
    known = confirmed_ids(workspace, dataset)
    return sum(row.label_id not in known for row in log_of(workspace).rows())
