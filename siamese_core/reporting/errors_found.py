"""Where a model is wrong: pairs furthest on the wrong side, classes taken for each other."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from siamese_core.evaluation.protocols import OneShotTrials, VerificationResult, VerificationTrials
from siamese_core.evaluation.scoring import Model
from siamese_core.metrics import verdict_log_odds

HARDEST = 12  # pairs of each kind
CELLS = 120  # of two classes, those confused most often
CELL_PAIRS = 6  # that are shown of each
MOST_CLASSES = 24  # of a confusion matrix: those with the most errors


def hardest_pairs(result: VerificationResult, pairs: VerificationTrials, ids: Sequence[str]) -> list[dict]:
    """Return wrong verdicts on the pairs, first those furthest from the threshold.

    The same number of either kind. ids: by number of the image.
    """
    margin = verdict_log_odds(result.similarity, result.threshold)
    found = []
    for kind in (True, False):
        wrong = np.flatnonzero(~result.correct & (result.same == kind))
        seen: set[tuple[str, ...]] = set()
        for pair in wrong[np.argsort(-np.abs(margin[wrong]), kind="stable")]:
            names = tuple(sorted((ids[int(pairs.left[pair])], ids[int(pairs.right[pair])])))
            if names in seen or len(seen) == HARDEST:
                continue
            seen.add(names)
            found.append(
                _pair(ids, pairs.left[pair], pairs.right[pair], result.similarity[pair]) | {"same": kind}
            )
    return found


def confused_classes(
    model: Model, trials: OneShotTrials, ids: Sequence[str], classes: Sequence[str]
) -> dict | None:
    """Return how often the class of a query was taken for another in one-shot trials, with pairs to look at.

    ids, classes: by number of the image. None where no class is known.
    """
    if not any(classes):
        return None
    scores = trials.scores(model)
    picked = scores.argmax(axis=1)
    wrong = np.flatnonzero(picked != trials.target)
    cells: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for trial in wrong:
        query, support = trials.query[trial], trials.support[trial, picked[trial], 0]
        similarity = model.similarity(scores[trial, picked[trial]][None])[0]
        key = classes[int(query)], classes[int(support)]
        cells[key].append(_pair(ids, query, support, similarity))
    right: dict[str, int] = defaultdict(int)
    asked: dict[str, int] = defaultdict(int)
    for trial, query in enumerate(trials.query):
        asked[classes[int(query)]] += 1
        right[classes[int(query)]] += int(picked[trial] == trials.target[trial])
    most = sorted(cells, key=lambda key: (-len(cells[key]), key))[:CELLS]
    return {
        "trials": len(picked),
        "errors": len(wrong),
        "classes": _shown_classes(most, cells),
        "asked": dict(sorted(asked.items())),
        "right": {name: right[name] for name in sorted(asked)},
        "cells": [
            {"true": key[0], "picked": key[1], "count": len(cells[key]), "pairs": cells[key][:CELL_PAIRS]}
            for key in most
        ],
    }


def _shown_classes(most: Sequence[tuple[str, str]], cells: dict) -> list[str]:
    """Return the classes of a matrix, those with the most errors, sorted by name."""
    errors: dict[str, int] = defaultdict(int)
    for key in most:
        for name in key:
            errors[name] += len(cells[key])
    return sorted(sorted(errors, key=lambda name: (-errors[name], name))[:MOST_CLASSES])


def _pair(ids: Sequence[str], left: int, right: int, similarity: float) -> dict:
    return {"left": ids[int(left)], "right": ids[int(right)], "similarity": round(float(similarity), 6)}
