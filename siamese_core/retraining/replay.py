"""The base protocol: what a checkpoint must not forget, on drawings of the project's own that it ships
with."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from siamese_core.data.assets import ASSETS
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.data.sampling import Pairs, sample_pairs
from siamese_core.evaluation.protocols import OneShotOptions, OneShotTrials, ProtocolResult, one_shot_trials
from siamese_core.training.validation import PrecomputedModel

FILE = ASSETS / "samples" / "replay.zip"
TRIALS = OneShotOptions(n_way=20, k_shot=1, episodes=400, within_group=True)
PAIRS = 400
SEED = 0


@dataclass(frozen=True)
class Replay:
    """Drawn characters of invented alphabets, in the layout of Omniglot: half of the alphabets to mix with
    answers, the other half to judge by."""

    file: Path = FILE

    @cached_property
    def dataset(self) -> Dataset:
        return load_dataset([self.file])

    @cached_property
    def images(self) -> tuple[np.ndarray, ...]:
        return tuple(self.dataset.image(index) for index in range(len(self.dataset)))

    def pairs(self) -> Pairs:
        """Pairs of `images` to mix with answers, so that what was known stays known."""
        mixed = self._rows(judging=False)
        drawn = sample_pairs(self.dataset.labels[mixed], np.random.default_rng(SEED), PAIRS)
        return Pairs(mixed[drawn.left], mixed[drawn.right], drawn.same)

    def one_shot(self, network: PrecomputedModel) -> ProtocolResult:
        """The same trials for every network; `network.embeddings` are of `images`."""
        return self._trials.evaluate(network)

    @cached_property
    def _trials(self) -> OneShotTrials:
        judging = self._rows(judging=True)
        trials = one_shot_trials(self.dataset.subset(judging), TRIALS, np.random.default_rng(SEED))
        return replace(trials, read=lambda number: int(judging[number]))

    def _rows(self, judging: bool) -> np.ndarray:
        """Numbers of the images of the even alphabets, or of the odd ones, which judge."""
        alphabet = self.dataset.class_group[self.dataset.labels]
        return np.flatnonzero(alphabet % 2 == judging)
