"""Write and read shards: files of whole rows of the log as JSON lines, which `datasets` loads."""

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict

from siamese_core.answers.label_row import COLUMNS, LabelRow, row_problem
from siamese_core.syncing.order import PlacedRow

FOLDER = "answers"  # in the repository
MOMENT = "moment"  # the one column that the log has not
NAME = re.compile(r"([0-9a-f]{16})-([0-9]{8})\.jsonl")  # the server's own id, and a counter


def new_server_id() -> str:
    """Return a random id by which a workspace's shards are told from those of every other one."""
    return secrets.token_hex(8)


def shard_name(server: str, number: int) -> str:
    return f"{server}-{number:08d}.jsonl"


def number_of(name: str, server: str) -> int:
    """Return the counter in the name of a shard of this server; -1 for any other name."""
    found = NAME.fullmatch(name)
    return int(found[2]) if found and found[1] == server else -1


def shard_text(rows: Iterable[PlacedRow]) -> str:
    """Return the content of a shard: an object a line with every column of the log, and the moment."""
    return "".join(
        json.dumps(asdict(each.row) | {MOMENT: each.moment}, ensure_ascii=False) + "\n" for each in rows
    )


def read_shard(content: bytes) -> list[PlacedRow]:
    """Return the rows of a shard. ValueError, in words, where it is none or a row is unfit for a log."""
    rows = []
    for number, line in enumerate(content.decode().splitlines(), start=1):
        entries = json.loads(line)
        if not isinstance(entries, dict) or not isinstance(moment := entries.get(MOMENT), int):
            raise ValueError(f"line {number} is no row with a moment")
        row = LabelRow(**{name: str(entries.get(name, "")) for name in COLUMNS})
        if why := row_problem(row):
            raise ValueError(f"line {number}: {why}")
        rows.append(PlacedRow(row, moment))
    return rows
