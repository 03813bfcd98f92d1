"""Draw what is measured: one-shot trials for several N and K, pairs, and both within each group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import members
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import (
    OneShotOptions,
    OneShotTrials,
    VerificationTrials,
    one_shot_trials,
    sampled_pairs,
)
from siamese_core.reporting.sources import EvaluationData

WAYS = (2, 3, 5, 10, 15, 20, 30, 40, 50)
SHOTS = (1, 2, 3, 5, 7, 10)
MOST_GROUPS = 40  # the largest ones
GROUP_PAIRS = 400  # at most, of each group
GROUP_EPISODES = 200  # at most, of each group
FEWEST_ANSWERS = 10  # of a stratum of answers


@dataclass(frozen=True)
class Settings:
    """What is drawn. n_way, k_shot, episodes, within_group, pairs and seed: as of the command `evaluate`."""

    n_way: int = 20
    k_shot: int = 1
    episodes: int = 400
    pairs: int = 2000
    within_group: bool = False
    seed: int = 0
    baselines: bool = True

    def options(self, n_way: int, k_shot: int) -> OneShotOptions:
        return OneShotOptions(n_way, k_shot, self.episodes, self.within_group)


@dataclass(frozen=True)
class GroupTrials:
    """What is measured within one group; one_shot: None where it has too few classes."""

    name: str
    pairs: VerificationTrials
    one_shot: OneShotTrials | None = None


@dataclass(frozen=True)
class DrawnTrials:
    """All trials, whose numbers are those of the data's images.

    one_shot: by (n_way, k_shot); main: the one that the settings ask for, or the nearest that the data can
    fill, None where there are pairs only.
    """

    pairs: VerificationTrials
    one_shot: dict[tuple[int, int], OneShotTrials]
    main: tuple[int, int] | None
    by_group: tuple[GroupTrials, ...] = ()
    notes: tuple[str, ...] = ()

    def used(self) -> np.ndarray:
        """Return the numbers of the images that any trial uses, each once, in order."""
        every = [self.pairs, *(each.pairs for each in self.by_group)]
        sides = [side for each in every for side in (each.left, each.right)]
        for each in (*self.one_shot.values(), *(group.one_shot for group in self.by_group if group.one_shot)):
            sides += [each.query, each.support.ravel()]
        return np.unique(np.concatenate(sides))


def draw_trials(data: EvaluationData, settings: Settings) -> DrawnTrials:
    """Draw every trial. UserError where the data has not enough classes or images for any.

    Each protocol draws with the seed afresh, as a call of the command line does.
    """
    if data.runs is not None:
        shape = data.runs.support.shape[1:]
        return DrawnTrials(_pairs_of(data.runs), {shape: data.runs}, shape)
    if data.pairs is not None:
        groups = _strata(data.pairs, data.strata)
        return DrawnTrials(
            data.pairs, {}, None, groups, ("Answers are pairs: they say nothing of N-way trials.",)
        )
    dataset = data.dataset
    pairs = sampled_pairs(dataset, settings.pairs, _rng(settings))
    main, notes = _main(dataset, settings)
    one_shot = {shape: _one_shot(dataset, settings, shape) for shape in _shapes(dataset, settings, main)}
    by_group, told = _groups(dataset, settings, main)
    return DrawnTrials(pairs, one_shot, main, by_group, (*notes, *told))


def most_ways(dataset: Dataset, k_shot: int, within_group: bool) -> int:
    """Return how many classes with more than `k_shot` images a trial can have, all of one group if wished."""
    large = np.array(
        [label for label, found in members(dataset.labels).items() if len(found) > k_shot], np.int64
    )
    if not within_group:
        return len(large)
    return int(np.bincount(dataset.class_group[large]).max()) if len(large) else 0


def _rng(settings: Settings) -> np.random.Generator:
    return np.random.default_rng(settings.seed)


def _one_shot(dataset: Dataset, settings: Settings, shape: tuple[int, int]) -> OneShotTrials:
    return one_shot_trials(dataset, settings.options(*shape), _rng(settings))


def _main(dataset: Dataset, settings: Settings) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    """Return the shape nearest to the one that was asked for, and in words where it is another."""
    k_shot = next(
        (k for k in range(settings.k_shot, 0, -1) if most_ways(dataset, k, settings.within_group) >= 2), None
    )
    if k_shot is None:
        return None, ("No two classes have two images each, so there are no N-way trials.",)
    n_way = min(settings.n_way, most_ways(dataset, k_shot, settings.within_group))
    if (n_way, k_shot) == (settings.n_way, settings.k_shot):
        return (n_way, k_shot), ()
    asked = f"{settings.n_way}-way {settings.k_shot}-shot"
    return (n_way, k_shot), (f"The data can fill {n_way}-way {k_shot}-shot trials, not {asked} ones.",)


def _shapes(dataset: Dataset, settings: Settings, main: tuple[int, int] | None) -> list[tuple[int, int]]:
    if main is None:
        return []
    n_way, k_shot = main
    ways = {(n, k_shot) for n in WAYS} | {(n_way, k) for k in SHOTS} | {main}
    return sorted(shape for shape in ways if shape[0] <= most_ways(dataset, shape[1], settings.within_group))


def _groups(
    dataset: Dataset, settings: Settings, main: tuple[int, int] | None
) -> tuple[tuple[GroupTrials, ...], tuple[str, ...]]:
    """Return trials within each group, the largest first. Groups without pairs of both kinds are named."""
    group = dataset.class_group[dataset.labels]
    if len(np.unique(group)) < 2:
        return (), ()
    found, too_small = [], []
    for number in np.argsort(-np.bincount(group), kind="stable")[:MOST_GROUPS]:
        name = dataset.groups[number].rpartition("/")[2] or dataset.groups[number]
        rows = np.flatnonzero(group == number)
        if not len(rows):
            continue
        try:
            found.append(_group(dataset, rows, name, replace(settings, within_group=False)))
        except UserError:
            too_small.append(name)
    told = f"Too few classes or images to be measured alone: {', '.join(too_small)}." if too_small else ""
    return tuple(found), tuple(filter(None, [told]))


def _group(dataset: Dataset, rows: np.ndarray, name: str, settings: Settings) -> GroupTrials:
    part = dataset.subset(rows)
    drawn = sampled_pairs(part, min(settings.pairs, GROUP_PAIRS), _rng(settings))
    pairs = replace(drawn, read=dataset.image, left=rows[drawn.left], right=rows[drawn.right])
    n_way = min(settings.n_way, most_ways(part, 1, False))
    if n_way < 2:
        return GroupTrials(name, pairs)
    few = replace(settings, episodes=min(settings.episodes, GROUP_EPISODES))
    trials = _one_shot(part, few, (n_way, 1))
    query, support = rows[trials.query], rows[trials.support]
    return GroupTrials(name, pairs, replace(trials, read=dataset.image, query=query, support=support))


def _pairs_of(runs: OneShotTrials) -> VerificationTrials:
    """Return each query with each image of its support set."""
    trials, n_way = runs.support.shape[:2]
    same = np.arange(n_way) == runs.target[:, None]
    left = np.repeat(runs.query, n_way)
    return VerificationTrials(runs.read, left, runs.support[:, :, 0].ravel(), same.reshape(trials * n_way))


def _strata(pairs: VerificationTrials, names: Sequence[str]) -> tuple[GroupTrials, ...]:
    """Return the answered pairs by stratum, where several have enough of both kinds."""
    names = np.array(names)
    found = []
    for name in sorted(set(names.tolist())):
        at = names == name
        both = pairs.same[at].any() and not pairs.same[at].all()
        if both and at.sum() >= FEWEST_ANSWERS:
            part = VerificationTrials(pairs.read, pairs.left[at], pairs.right[at], pairs.same[at])
            found.append(GroupTrials(name, part))
    return tuple(found) if len(found) > 1 else ()
