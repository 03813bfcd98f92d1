"""Keep the gold questions of a workspace: pairs whose answer is known, asked to test who answers.

A file of JSON lines, one a pair added or removed, only ever appended to; the latest of a pair counts.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from siamese_core.answers.label_row import now
from siamese_core.atomic import append_to_file, locked
from siamese_core.errors import UserError, refuse_newer

FILE_NAME = "gold.jsonl"
SCHEMA = 1
LOCK_SECONDS = 10.0
KNOWN = ("same", "different")

Pair = tuple[str, str]  # image ids, the smaller first


class GoldQuestions:
    """The gold questions of a workspace; other processes' changes are followed."""

    def __init__(self, workspace: Path):
        self.file = Path(workspace) / FILE_NAME
        self._read: tuple[object, dict[Pair, str]] = (None, {})

    def answers(self) -> Mapping[Pair, str]:
        """Return "same" or "different" by pair, in the order in which they were added."""
        try:
            status = self.file.stat()
        except FileNotFoundError:
            return {}
        stamp = status.st_mtime_ns, status.st_size
        if self._read[0] != stamp:
            self._read = stamp, _parsed(self.file.read_bytes())
        return self._read[1]

    def add(self, answers: Mapping[Pair, str]) -> int:
        """Add pairs with their known answers; return how many are new or have another answer now."""
        there = self.answers()
        new = {pair: answer for pair, answer in answers.items() if there.get(pair) != answer}
        if unclear := {answer for answer in new.values() if answer not in KNOWN}:
            raise UserError(
                f"A gold question has the answer same or different. Received: {', '.join(sorted(unclear))}. "
                "Leave such pairs out."
            )
        self._append((pair, answer) for pair, answer in new.items())
        return len(new)

    def remove(self, pairs: Iterable[Pair]) -> int:
        """Remove these pairs; return how many there were."""
        there = self.answers()
        gone = [pair for pair in pairs if pair in there]
        self._append((pair, None) for pair in gone)
        return len(gone)

    def _append(self, decisions: Iterable[tuple[Pair, str | None]]) -> None:
        told = {"schema": SCHEMA, "created_at": now()}
        lines = [
            json.dumps({"left_id": pair[0], "right_id": pair[1], "answer": answer} | told)
            for pair, answer in decisions
        ]
        if not lines:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.file.with_name(f"{FILE_NAME}.lock"), LOCK_SECONDS):
            # After a power cut the last line may be torn: what follows it must not be.
            append_to_file(self.file, ("\n" + "\n".join(lines) + "\n").encode())


def _parsed(content: bytes) -> dict[Pair, str]:
    found: dict[Pair, str] = {}
    for line in content.splitlines():
        try:
            told = json.loads(line)
            pair, answer = tuple(sorted((str(told["left_id"]), str(told["right_id"])))), told["answer"]
        except (ValueError, TypeError, KeyError):
            continue  # a torn line
        refuse_newer(told.get("schema"), SCHEMA, "the gold questions")
        found.pop(pair, None)
        if answer in KNOWN:
            found[pair] = answer
    return found
