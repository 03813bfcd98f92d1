"""Keep reports of evaluations in the workspace: a JSON file each, listed, read, added to by visitors."""

import json
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path

from siamese_core.atomic import locked, replace_file
from siamese_core.errors import UserError, refuse_newer
from siamese_core.reporting.curves import rate

SCHEMA = 1  # of a report
ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")
MOST_PEOPLE = 100  # results of visitors that a report keeps
MOST_NAME = 80  # characters


class KeptReports:
    """The reports in a folder, each in a file named by its id. Thread safe, for several processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._heads: dict[str, tuple[int, dict]] = {}  # by id: when the file was changed, and its head

    def ids(self) -> list[str]:
        """Return the ids of all reports, the newest first."""
        names = [file.stem for file in self.folder.glob("*.json")] if self.folder.is_dir() else []
        return sorted((name for name in names if ID.fullmatch(name)), reverse=True)

    def add(self, report: dict) -> dict:
        """Keep a report; return it with its id, once it is on disk."""
        self.folder.mkdir(parents=True, exist_ok=True)
        report = {"id": f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"} | report
        self._write(report)
        return self.read(report["id"])

    def read(self, report_id: str) -> dict:
        """Return a report; UserError where there is none of that id, or it is damaged."""
        if not ID.fullmatch(report_id):
            raise UserError(
                f"An evaluation is named by its id. Received: {ascii(report_id)[:40]}. Choose one."
            )
        try:
            report = json.loads(self._file(report_id).read_bytes())
            refuse_newer(report.get("schema"), SCHEMA, "evaluations")
        except FileNotFoundError as gone:
            raise UserError(
                f"An evaluation must be in the workspace. Received: {report_id}, which is not. "
                "Measure once more."
            ) from gone
        except (ValueError, AttributeError) as damage:
            raise UserError(
                f"An evaluation is a file of JSON. Received: {report_id}.json, which is damaged. "
                "Measure once more."
            ) from damage
        return report

    def latest(self) -> dict | None:
        """Return the newest report that can be read."""
        for each in self.ids():
            try:
                return self.read(each)
            except UserError:
                continue
        return None

    def heads(self, count: int) -> list[dict]:
        """Return the newest reports without what takes room: curves, pairs, trials. Each is read once."""
        found = []
        for each in self.ids():
            try:
                found.append(self._head(each))
            except (UserError, OSError):
                continue
            if len(found) == count:
                break
        return found

    def _head(self, report_id: str) -> dict:
        changed = self._file(report_id).stat().st_mtime_ns
        known = self._heads.get(report_id)
        if known is None or known[0] != changed:
            report = self.read(report_id)
            head = {name: report[name] for name in ("id", "created_at", "data", "main", "settings")}
            head["models"] = [_model_head(entry) for entry in report["models"]]
            known = self._heads[report_id] = changed, head
        return known[1]

    def delete(self, report_id: str) -> None:
        """Delete a report, if it is there."""
        if ID.fullmatch(report_id):
            self._file(report_id).unlink(missing_ok=True)

    def add_person(self, report_id: str, name: str, picks: list[int]) -> dict:
        """Add what somebody picked in a report's trials, and return it; UserError where it does not fit."""
        with locked(self.folder / "people.lock"):
            report = self.read(report_id)
            report["people"] = [*report["people"], person_entry(report, name, picks)][-MOST_PEOPLE:]
            self._write(report)
        return report

    def _write(self, report: dict) -> None:
        text = json.dumps(report, allow_nan=False, ensure_ascii=False)
        replace_file(self._file(report["id"]), text.encode())

    def _file(self, report_id: str) -> Path:
        return self.folder / f"{report_id}.json"


def _model_head(entry: dict) -> dict:
    kept = {name: entry[name] for name in ("key", "role", "slot", "title", "checkpoint", "one_shot")}
    return kept | {"verification": {name: entry["verification"][name] for name in ("accuracy", "eer")}}


def person_entry(report: dict, name: str, picks: list[int]) -> dict:
    """Return what a visitor scored. picks: the place in the support set, a number for each trial."""
    played = report["play"]
    fits = len(picks) == len(played) and all(
        isinstance(pick, int) and 0 <= pick < len(trial["support"])
        for pick, trial in zip(picks, played, strict=False)
    )
    if not fits or not played:
        raise UserError(
            f"A pick is one of the images, for each of {len(played)} trials. "
            f"Received: {len(picks)} picks that do not fit. Begin again."
        )
    correct = [pick == trial["target"] for pick, trial in zip(picks, played, strict=True)]
    return {"name": name.strip()[:MOST_NAME], "correct": correct, **rate(sum(correct), len(correct))}
