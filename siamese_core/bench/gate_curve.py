"""The power curve of the gate: the share of candidates that it promotes, for each number of answers."""

from collections.abc import Callable, Sequence

import numpy as np

from siamese_core.bench.gate import BETTER, ERRING, RANDOM, TRUE, WORSE
from siamese_core.metrics import wilson_interval

# Name -> which rows of `gate_trials` it counts.
GROUPS: dict[str, Callable[[dict], bool]] = {
    "better": lambda row: row["candidate"] == TRUE and row["truth"] == BETTER,
    "better_5_percent_wrong": lambda row: row["candidate"] == ERRING and row["truth"] == BETTER,
    "worse": lambda row: row["candidate"] != RANDOM and row["truth"] == WORSE,
    "random": lambda row: row["candidate"] == RANDOM,
}


def power_curve(domain: str, encoder: str, rows: Sequence[dict]) -> list[dict]:
    """Return an object for each number of answers, from rows of `gate_trials` of any number of runs.

    Each group has how many of how many candidates were promoted, with the 95 % Wilson interval, and how many
    the test of verdicts alone would have promoted. identities: mean number by which was judged.
    """
    found = []
    for answers in sorted({row["answers"] for row in rows}):
        own = [row for row in rows if row["answers"] == answers]
        judged = [row["ranking"]["identities"] for row in own if row["candidate"] == TRUE and row["ranking"]]
        found.append(
            {
                "name": "gate",
                "domain": domain,
                "encoder": encoder,
                "answers": answers,
                "identities": round(float(np.mean(judged)), 1) if judged else None,
                "seeds": len({(row["domain"], row["seed"]) for row in own}),
                **{name: _promoted([row for row in own if belongs(row)]) for name, belongs in GROUPS.items()},
            }
        )
    return found


def _promoted(rows: Sequence[dict]) -> dict:
    count = sum(row["promoted"] for row in rows)
    return {
        "promoted": count,
        "of": len(rows),
        "ci95": list(wilson_interval(count, len(rows))) if rows else None,
        "by_verdicts": sum(row["promoted_by_verdicts"] for row in rows),
    }
