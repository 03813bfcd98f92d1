"""Which images show one thing, as answers say that may be wrong, as functions of arrays."""

import numpy as np

from siamese_core.metrics import fit_calibration

EVIDENCE = 2.9  # log-odds that an answer is right, of which one in twenty is wrong
SURE = 4.0  # log-odds that likeness alone is trusted with at most
# Pairs of two groups that count as seen apart from each other: with 2, answers of which one in twenty is
# wrong gave groups of faces, photographs and characters of which 99 % of the images belong together.
MOST_WITNESSES = 2


def log_odds_of_pairs(
    points: np.ndarray, left: np.ndarray, right: np.ndarray, same: np.ndarray
) -> np.ndarray:
    """(m, m) of "same" for each two of the points (m, d), from their cosine and what it told of the
    answers."""
    length = np.maximum(np.linalg.norm(points, axis=1), 1e-12)
    cosine = points @ points.T / length[:, None] / length
    told = fit_calibration(cosine[left, right], same).log_odds(cosine)
    return np.clip(told, -SURE, SURE)


def likely_groups(log_odds: np.ndarray, left: np.ndarray, right: np.ndarray, same: np.ndarray) -> np.ndarray:
    """int64 (m,), 0, 1, ...: groups of the rows of log_odds (m, m), symmetric.

    Two groups that an answer calls the same become one, the surest first, as long as the answers between
    them and what likeness says of their pairs are together for it: one wrong "same" merges no two groups
    that are unlike, and one wrong "different" parts none.
    """
    said = np.zeros_like(log_odds)
    for first, second, is_same in zip(left, right, same, strict=True):
        said[[first, second], [second, first]] += EVIDENCE if is_same else -EVIDENCE
    like, size = log_odds.copy(), np.ones(len(log_odds))
    group = np.arange(len(log_odds))
    # of groups, both ways round
    links = np.stack([np.r_[left[same], right[same]], np.r_[right[same], left[same]]], axis=1)
    while len(links := np.unique(links[links[:, 0] != links[:, 1]], axis=0)):
        first, second = links.T
        pairs = size[first] * size[second]
        witnesses = np.sqrt(np.minimum(pairs, MOST_WITNESSES))
        evidence = said[first, second] + like[first, second] / pairs * witnesses
        best = int(evidence.argmax())
        if not evidence[best] > 0:
            break
        kept, gone = links[best]
        for table in (said, like):
            table[kept] += table[gone]
            table[:, kept] += table[:, gone]
        size[kept] += size[gone]
        group[group == gone] = kept
        links = np.where(links == gone, kept, links)
    return np.unique(group, return_inverse=True)[1]
