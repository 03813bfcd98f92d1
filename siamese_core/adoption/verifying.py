"""Find how images must be prepared for a network: try the usual ways on pairs whose answer is known.

Which way is better is judged by the ROC AUC of the cosines, with a paired bootstrap over identities (Efron
1979): images of one identity are not independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.adoption.graph import Graph, Output
from siamese_core.adoption.known_pairs import KnownPairs
from siamese_core.adoption.pixel_values import PixelValues, usual_values
from siamese_core.adoption.stated import Stated
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.networks.preparation import prepare

FITTINGS = {"stretch": "stretch", "crop": "crop", "plain": "pad", "ink": "ink"}  # a preparation -> in words
DRAWS = 200  # of the bootstrap: an interval's ends vary by about a sixth of their distance to the middle
INTERVAL = (2.5, 97.5)  # percent
SMALL = 0.01  # of AUC: a difference that is surely below it does not matter
RUN_AT_ONCE = 32  # images


@dataclass(frozen=True)
class Trial:
    """One way of preparing, with one output. auc: of the cosines; behind: 95 % interval of how much the best
    trial's AUC is above; both NaN where the network gave no finite numbers."""

    values: PixelValues
    preparation: str
    output: Output
    auc: float
    behind: tuple[float, float]

    @property
    def is_worse(self) -> bool:
        """Whether the best trial is surely better."""
        return not self.behind[0] <= 0

    @property
    def words(self) -> str:
        return f"{self.values.name}, {FITTINGS[self.preparation]}"

    @property
    def preprocessing(self) -> str:
        """What is done to an image, in words: its values and how it is fitted into the square."""
        return f"{self.values.name}, {FITTINGS[self.preparation]}"

    def json(self) -> dict:
        return {
            "preprocessing": self.preprocessing,
            "values": self.values.name,
            "fitting": FITTINGS[self.preparation],
            "output": self.output.name,
            "roc_auc": None if np.isnan(self.auc) else round(self.auc, 4),
            "behind_best_ci95": None if np.isnan(self.auc) else [round(each, 4) for each in self.behind],
        }


@dataclass(frozen=True)
class Verified:
    """What was tried with a network's outputs and preparations, and what is taken.

    chosen: the trial whose preparation and output are taken; trials: all, the best first; notes: what to say
    of the choice.
    """

    chosen: Trial
    trials: tuple[Trial, ...]
    notes: tuple[str, ...]


def verify(
    graph: Graph,
    known: KnownPairs,
    wanted: tuple[str, str | None],
    stated: Stated | None,
    progress: Progress,
) -> Verified:
    """Try every usual scaling with every fitting, and the stated ones, on every output.

    wanted: the domain, and the name of an output or None for any. UserError where the network gives no finite
    numbers, or has no output of that name.
    """
    domain, name = wanted
    outputs = [each for each in graph.outputs if name in (None, each.name)]
    if not outputs:
        listed = ", ".join(each.name for each in graph.outputs)
        raise UserError(f"An output is one of {listed}. Received: {name}. Name one of these with --output.")
    scores, ways = _scores(graph, known, (domain, outputs), stated, progress)
    draws = bootstrap_aucs(scores, known, np.random.default_rng(0))
    aucs, broken = draws[:, 0], ~np.isfinite(scores).all(axis=1)
    if broken.all():
        raise UserError(
            "A network must give finite numbers to be adopted. Received: NaN or infinity for every way of "
            "preparing the images. Its weights are damaged, or it takes something else than images."
        )
    best = int(np.argmax(np.where(broken, -1, aucs)))
    gaps = np.percentile(draws[best, 1:] - draws[:, 1:], INTERVAL, axis=1).T
    gaps[best] = 0
    trials = [
        Trial(*way, *((np.nan, (np.nan, np.nan)) if bad else (float(auc), (float(gap[0]), float(gap[1])))))
        for way, auc, gap, bad in zip(ways, aucs, gaps, broken, strict=True)
    ]
    ranked = sorted(trials, key=lambda each: (each is not trials[best], -np.nan_to_num(each.auc)))
    chosen = _chosen(ranked, stated, outputs)
    return Verified(chosen, tuple(ranked), tuple(_notes(ranked, chosen, stated, known)))


def _scores(
    graph: Graph,
    known: KnownPairs,
    wanted: tuple[str, Sequence[Output]],
    stated: Stated | None,
    progress: Progress,
) -> tuple[np.ndarray, list[tuple]]:
    """Return the cosines (ways, pairs), and the ways: scaling, preparation and output each."""
    domain, outputs = wanted
    taken = graph.input
    values = list(usual_values(taken.channels))
    if stated and stated.values and len(stated.values.scale) == taken.channels:
        values += [stated.values] if stated.values not in values else []
    fittings = [each for each in FITTINGS if each != "ink" or domain == HANDWRITING]
    scores, ways = [], []
    for number, fitting in enumerate(fittings):
        size = taken.height, taken.width
        pixels = np.stack([prepare(image, fitting, size, taken.channels) for image in known.images])
        for place, scaling in enumerate(values):
            share = (number * len(values) + place) / (len(fittings) * len(values))
            progress(0.1 + 0.6 * share, f"trying {scaling.name}, {FITTINGS[fitting]}")
            embeddings = run_all(graph, scaling, pixels)
            for output in outputs:
                scores.append(_cosines(embeddings[graph.outputs.index(output)], known))
                ways.append((scaling, fitting, output))
    return np.array(scores), ways


def run_all(graph: Graph, scaling: PixelValues, pixels: np.ndarray) -> list[np.ndarray]:
    """Return the embeddings (n, d) of prepared images, an array for each output of the graph."""
    parts = [
        graph.run(scaling.of(pixels[start : start + RUN_AT_ONCE]))
        for start in range(0, len(pixels), RUN_AT_ONCE)
    ]
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def _cosines(embeddings: np.ndarray, known: KnownPairs) -> np.ndarray:
    length = np.linalg.norm(embeddings.astype(np.float64), axis=1, keepdims=True)
    unit = embeddings / np.maximum(length, 1e-12)
    return np.einsum("nd,nd->n", unit[known.left], unit[known.right])


def bootstrap_aucs(scores: np.ndarray, known: KnownPairs, rng: np.random.Generator) -> np.ndarray:
    """Return ROC AUCs (ways, 1 + DRAWS) of scores (ways, pairs): of all pairs, then of each draw.

    A draw takes identities with replacement, the same for every way; a pair counts as often as both its
    identities are drawn. Scores that are not finite count as 0.
    """
    names, place = np.unique(known.identity, return_inverse=True)
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
    counts = np.concatenate([np.ones((1, len(names)), int), counts])
    sides = [counts[:, place[each]] for each in (known.left, known.right)]
    within = place[known.left] == place[known.right]
    weights = np.where(within, sides[0], sides[0] * sides[1]).astype(np.float64)
    return np.stack([_weighted_aucs(np.nan_to_num(row), known.same, weights) for row in scores])


def _weighted_aucs(scores: np.ndarray, same: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ROC AUCs (draws,) of scores (pairs,) with weights (draws, pairs); ties count half."""
    order = np.argsort(scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    sums = []
    for kind in (same, ~same):
        running = np.cumsum(np.where(kind, weights, 0)[:, order], axis=1)[:, ends]
        sums.append(np.diff(running, axis=1, prepend=0))
    positive, negative = sums
    below = np.cumsum(negative, axis=1) - negative / 2
    total = positive.sum(axis=1) * negative.sum(axis=1)
    return (positive * below).sum(axis=1) / np.maximum(total, 1e-12)


def _chosen(ranked: Sequence[Trial], stated: Stated | None, outputs: Sequence[Output]) -> Trial:
    """Return the trial whose preparation and output are taken.

    Of the best and those not surely worse: the one that the card states, else one of the likeliest output.
    """
    alike = [each for each in ranked if not each.is_worse]
    if stated is not None:
        for trial in alike:
            if trial.values == stated.values and stated.fitting in (None, trial.preparation):
                return trial
    same_way = [
        each for each in alike if (each.values, each.preparation) == (ranked[0].values, ranked[0].preparation)
    ]
    return min(same_way, key=lambda each: outputs.index(each.output))


def _notes(ranked: Sequence[Trial], chosen: Trial, stated: Stated | None, known: KnownPairs) -> list[str]:
    ways = {
        each.words: each for each in reversed(ranked) if each.output == chosen.output and not each.is_worse
    }
    listed = "; ".join(reversed(ways))
    notes = []
    if len(ways) < 2:
        notes.append(f"The best preparation is clear: {chosen.words}.")
    elif max(each.behind[1] for each in ways.values()) <= SMALL:
        notes.append(f"It does not matter between these: {listed}. Taken: {chosen.words}.")
    else:
        notes.append(
            f"{known.source[0].upper()}{known.source[1:]} cannot tell these apart: {listed}. Taken: "
            f"{chosen.words}. More --data would tell."
        )
    if stated is not None and stated.values not in (None, chosen.values):
        notes.append(
            f"{stated.file} says {stated.values.name}, but these images are told apart better with "
            f"{chosen.values.name}: the card is not followed."
        )
    return notes
