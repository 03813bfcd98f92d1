"""Cluster images into identities from noisy same/different answers (correlation clustering).

Bansal, Blum, Chawla 2004; here greedily, by agglomeration, with the answers and the similarities as evidence.
"""

import numpy as np

from siamese_core.metrics import fit_calibration

ANSWER_LOG_ODDS = 2.9  # log-odds that an answer is right when one in twenty is wrong
MOST_LOG_ODDS = 4.0  # bound on the log-odds that a similarity alone contributes
# Pairs between two clusters that count as independent evidence. With 2 and one wrong answer in twenty,
# clusters of faces, photographs and characters in `bench loop` are 99 % pure.
INDEPENDENT_PAIRS = 2


def log_odds_of_pairs(
    points: np.ndarray, left: np.ndarray, right: np.ndarray, same: np.ndarray
) -> np.ndarray:
    """Return the log-odds (m, m) of "same" for each two of the points (m, d).

    They are those of the cosine, calibrated on the answered pairs (left, right, same).
    """
    length = np.maximum(np.linalg.norm(points, axis=1), 1e-12)
    cosine = points @ points.T / length[:, None] / length
    log_odds = fit_calibration(cosine[left, right], same).log_odds(cosine)
    return np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS)


def cluster(log_odds: np.ndarray, left: np.ndarray, right: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the cluster int64 (m,), 0, 1, ..., of each row of log_odds (m, m), which is symmetric.

    Clusters that a "same" answer links are merged, the strongest evidence first, as long as the answers
    between them and the similarities of their pairs add up to "same". So one wrong "same" does not merge two
    dissimilar identities, and one wrong "different" does not split one.
    """
    answered = np.zeros_like(log_odds)
    for first, second, is_same in zip(left, right, same, strict=True):
        answered[[first, second], [second, first]] += ANSWER_LOG_ODDS if is_same else -ANSWER_LOG_ODDS
    similar, size = log_odds.copy(), np.ones(len(log_odds))
    cluster_of = np.arange(len(log_odds))
    # between clusters, in both directions
    links = np.stack([np.r_[left[same], right[same]], np.r_[right[same], left[same]]], axis=1)
    while len(links := np.unique(links[links[:, 0] != links[:, 1]], axis=0)):
        first, second = links.T
        pairs = size[first] * size[second]
        weight = np.sqrt(np.minimum(pairs, INDEPENDENT_PAIRS))
        evidence = answered[first, second] + similar[first, second] / pairs * weight
        best = int(evidence.argmax())
        if not evidence[best] > 0:
            break
        kept, gone = links[best]
        for table in (answered, similar):
            table[kept] += table[gone]
            table[:, kept] += table[:, gone]
        size[kept] += size[gone]
        cluster_of[cluster_of == gone] = kept
        links = np.where(links == gone, kept, links)
    return np.unique(cluster_of, return_inverse=True)[1]
