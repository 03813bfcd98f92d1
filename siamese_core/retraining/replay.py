"""The base protocol, which a checkpoint must not forget, and pairs to replay.

Both are on drawings that are shipped.
"""

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
PAIRS = 400  # replayed
SEED = 0  # of trials and pairs, the same for every retraining


@dataclass(frozen=True)
class Replay:
    """Drawn characters of invented alphabets, in the layout of Omniglot.

    Half of the alphabets are replayed in training, the other half judge.
    """

    file: Path = FILE

    @cached_property
    def dataset(self) -> Dataset:
        return load_dataset([self.file])

    @cached_property
    def images(self) -> tuple[np.ndarray, ...]:
        return tuple(self.dataset.image(index) for index in range(len(self.dataset)))

    def pairs(self) -> Pairs:
        """Return pairs of `images` to mix with the answers, against forgetting (experience replay)."""
        mixed = self._rows(judging=False)
        drawn = sample_pairs(self.dataset.labels[mixed], np.random.default_rng(SEED), PAIRS)
        return Pairs(mixed[drawn.left], mixed[drawn.right], drawn.same)

    def one_shot(self, network: PrecomputedModel) -> ProtocolResult:
        """Measure a model whose embeddings are of `images`, on trials that are the same for every model."""
        return self._trials.evaluate(network)

    @cached_property
    def _trials(self) -> OneShotTrials:
        judging = self._rows(judging=True)
        trials = one_shot_trials(self.dataset.subset(judging), TRIALS, np.random.default_rng(SEED))
        return replace(trials, read=lambda number: int(judging[number]))

    def _rows(self, judging: bool) -> np.ndarray:
        """Return the numbers of the images of even alphabets, or of the odd ones, which judge."""
        alphabet = self.dataset.class_group[self.dataset.labels]
        return np.flatnonzero(alphabet % 2 == judging)
