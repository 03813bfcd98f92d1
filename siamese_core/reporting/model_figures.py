"""What is measured of one model, as JSON. The protocols are those of the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from siamese_core.evaluation.protocols import ProtocolResult, VerificationResult
from siamese_core.evaluation.scoring import Model
from siamese_core.reporting.curves import histogram, operating_point, reliability, roc
from siamese_core.reporting.trials import GroupTrials

DECIMALS = 7  # of the similarities that a threshold can be chosen by


def verification_entry(result: VerificationResult, copied: np.ndarray) -> dict:
    """Return the command line's object for verification, and what the curves are drawn from.

    copied: bool (n,), the pairs of near-duplicates, without which accuracy and EER are told once more.
    """
    similarity, same = result.similarity, result.same
    return result.json() | {
        "same": int(same.sum()),
        "at_threshold": operating_point(similarity, same, result.threshold),
        "roc": roc(similarity if result.scores is None else result.scores, same),
        "histogram": histogram(similarity, same),
        "reliability": reliability(similarity, same),
        "similarities": [round(float(each), DECIMALS) for each in similarity],
        "same_pairs": "".join("1" if each else "0" for each in same),
        "without_copies": _without(result, copied) if copied.any() else None,
    }


def _without(result: VerificationResult, copied: np.ndarray) -> dict | None:
    kept = ~copied
    if not kept.any():
        return None
    parts = {name: getattr(result, name)[kept] for name in ("correct", "similarity", "same")}
    scores = None if result.scores is None else result.scores[kept]
    found = replace(result, **parts, scores=scores).json()
    return {name: found[name] for name in ("accuracy", "ci95", "trials", "eer")}


def one_shot_entries(results: Mapping[tuple[int, int], ProtocolResult]) -> list[dict]:
    """Return the command line's object for each (n_way, k_shot)."""
    return [
        {"n_way": n_way, "k_shot": k_shot} | each.json() for (n_way, k_shot), each in sorted(results.items())
    ]


def within_groups(model: Model, groups: Sequence[GroupTrials]) -> list[dict]:
    """Return what was measured within each group."""
    found = []
    for each in groups:
        result = each.pairs.evaluate(model)
        entry = result.json()
        one_shot = None
        if each.one_shot is not None:
            one_shot = {"n_way": each.one_shot.support.shape[1]} | each.one_shot.evaluate(model).json()
        found.append(
            {
                "group": each.name,
                "pairs": len(result.same),
                "accuracy": entry["accuracy"],
                "ci95": entry["ci95"],
                "eer": entry["eer"],
                "at_threshold": operating_point(result.similarity, result.same, result.threshold),
                "one_shot": one_shot,
            }
        )
    return found
