"""Lay out what the benchmarks found as tables for the terminal."""

from typing import TYPE_CHECKING

from rich.table import Table

from siamese_core.cli.terminal import table

if TYPE_CHECKING:
    from siamese_core.bench.speed.benchmark import Benchmark


def speed_table(rows: "list[Benchmark]") -> Table:
    cells = [
        (
            each.name,
            f"{each.ours_s:.4g} s",
            f"{each.baseline_s:.4g} s",
            f"{each.ratio:.3g}",
            each.target,
            str(each.n),
        )
        for each in rows
    ]
    return table(("benchmark", "ours", "the plain way", "ratio", "target", "n"), cells)


def loop_table(rows: list[dict]) -> Table:
    heading = ("domain", "measured on", "encoder", "pairs", "answers")
    heading += ("one-shot error", "equal error rate", "base protocol")
    cells = [
        (
            row["domain"],
            row["split"],
            row["encoder"],
            row["queue"] + (f", {100 * row['wrong']:g} % wrong" if row["wrong"] else ""),
            str(row["answers"]),
            _change(row, "error"),
            _change(row, "eer"),
            f"{row['base_before']:.3f} > {row['base_after']:.3f}",
        )
        for row in rows
    ]
    return table(heading, cells)


def card_table(rows: list[dict]) -> Table:
    """Return what the model card tells of each network: before, with a pool, after the queue's answers."""
    most = max(row["answers"] for row in rows)
    kept = [row for row in rows if (row["answers"], row["queue"], row["wrong"]) == (most, "queue", 0)]
    names = {
        "error": "20-way one-shot error",
        "auc": "ROC AUC",
        "eer": "EER",
        "accuracy": "right at the threshold",
        "ece": "ECE",
    }
    cells = [
        (
            row["domain"],
            row["split"],
            row["encoder"],
            str(row["answers"]),
            *(_staged(row, each) for each in names),
        )
        for row in kept
    ]
    return table(("domain", "measured on", "encoder", "answers", *names.values()), cells)


def _staged(row: dict, name: str) -> str:
    stages = " > ".join(f"{row[f'{name}_{stage}']:.3f}" for stage in ("before", "normalised", "after"))
    found = row["intervals"][f"{name}_after"]
    return stages if found is None else f"{stages} ({max(0, found[0]):.3f} to {min(1, found[1]):.3f})"


def gate_table(rows: list[dict]) -> Table:
    heading = (
        "domain",
        "answers",
        "identities",
        "truly better",
        "better, 5 % wrong",
        "truly worse",
        "random",
    )
    groups = ("better", "better_5_percent_wrong", "worse", "random")
    cells = [
        (
            row["domain"],
            str(row["answers"]),
            _or_dash(row["identities"]),
            *(_promoted(row[name]) for name in groups),
        )
        for row in rows
    ]
    return table(heading, cells)


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _promoted(group: dict) -> str:
    if not group["of"]:
        return "-"
    low, high = group["ci95"]
    return f"{group['promoted']} of {group['of']} ({100 * low:.0f} to {100 * high:.0f} %)"


def _change(row: dict, name: str) -> str:
    """Return the figure by the checkpoint, normalised against the pool, by the images alone, and after."""
    stages = [row[f"{name}_{stage}"] for stage in ("before", "normalised", "unlabelled", "after")]
    relative = 100 * (stages[-1] / max(stages[0], 1e-9) - 1)
    return f"{' > '.join(f'{each:.3f}' for each in stages)} ({relative:+.0f} %)"


def explain_table(rows: list[dict]) -> Table:
    """Return how many times as far as chance each overlay moves the log-odds, with the 95 % interval."""
    names = ("alike", "same", "different", "sets_apart", "other", "shuffled")
    heading = ("domain", "checkpoint", "method", "pairs")
    heading += ("all pairs", "same", "different", "different, by what sets apart", "other pair's")
    heading += ("shuffled", "own further than other's")
    cells = [
        (
            row["domain"],
            row["checkpoint"],
            row["method"],
            str(row["pairs"]),
            *(_times(row[name]) for name in names),
            f"{100 * row['own_beats_other']['share']:.0f} %",
        )
        for row in rows
    ]
    return table(heading, cells)


def _times(found: dict) -> str:
    low, high = found["ci95"]
    return f"{found['ratio']:.1f} ({low:.1f} to {high:.1f})"
