"""Join both slots in one model: a weighted sum of their calibrated log-odds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import OneShotTrials, VerificationTrials
from siamese_core.evaluation.scoring import pair_logits
from siamese_core.metrics import best_threshold, fit_calibration

SHARES = np.linspace(0, 1, 21)  # of koch, that a fit tries
FILES = {HANDWRITING: "fusion.json", PHOTOGRAPHS: "fusion_photographs.json"}
TEMPERATURES = np.geomspace(0.05, 5, 25)  # inverse temperatures of the softmax, that a fit tries


@dataclass(frozen=True)
class Fusion:
    """Log-odds of same = koch * its log-odds + resnet50 * its log-odds + intercept. The default trusts both
    alike, and no more than either trusts itself."""

    koch: float = 0.5
    resnet50: float = 0.5
    intercept: float = 0.0
    threshold: float = 0.5


def load_fusion(folder: Path, domain: str) -> Fusion:
    """Return the fusion that a folder holds for images of a domain, the default where there is none.

    UserError if it is damaged.
    """
    file = folder / FILES[domain]
    if not file.is_file():
        return Fusion()
    try:
        return Fusion(**{name: float(value) for name, value in json.loads(file.read_bytes()).items()})
    except (AttributeError, TypeError, ValueError) as damage:
        raise UserError(
            "A fusion is a JSON object of the numbers koch, resnet50, intercept and threshold. "
            f"Received: {file.name} ({damage}). Copy it again, or delete it to weigh both encoders alike."
        ) from damage


def for_images_of(domain: str, fusion: Fusion, checkpoints: Sequence[Checkpoint]) -> Fusion:
    """Return the fusion of koch and resnet50, in this order, for images of a domain.

    Where one of them abstains from such images, the other answers alone.
    """
    knows = [checkpoint.card.knows(domain) for checkpoint in checkpoints]
    if all(knows) or not any(knows):
        return fusion
    alone = checkpoints[knows.index(True)]
    return Fusion(float(knows[0]), float(knows[1]), 0.0, alone.threshold)


@dataclass(frozen=True)
class Fused:
    """Two checkpoints that answer as one model; its logits are log-odds already."""

    koch: Checkpoint
    resnet50: Checkpoint
    fusion: Fusion
    encoder_name: str = "fused"

    @property
    def id(self) -> str:
        return f"{self.koch.id}+{self.resnet50.id}"

    @property
    def threshold(self) -> float:
        return self.fusion.threshold

    def embed(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return a structured array (n,): fields `koch` and `resnet50`, each float32 (embedding_dim,)."""
        return self.embed_batch(self.batch(images))

    def batch(self, images: Sequence[np.ndarray]) -> tuple:
        """Return what each checkpoint's `batch` gives."""
        return self.koch.batch(images), self.resnet50.batch(images)

    def embed_batch(self, batch: tuple) -> np.ndarray:
        return joined(
            {"koch": self.koch.embed_batch(batch[0]), "resnet50": self.resnet50.embed_batch(batch[1])}
        )

    def logits(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        koch = self.koch.calibration.log_odds(self.koch.logits(left["koch"], right["koch"]))
        resnet50 = self.resnet50.calibration.log_odds(
            self.resnet50.logits(left["resnet50"], right["resnet50"])
        )
        return self.fusion.koch * koch + self.fusion.resnet50 * resnet50 + self.fusion.intercept

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        return expit(logits).astype(np.float32)

    def trust(self, embeddings: np.ndarray) -> np.ndarray:
        """Return the trust (n,) of the checkpoint that trusts itself less."""
        return np.minimum(self.koch.trust(embeddings["koch"]), self.resnet50.trust(embeddings["resnet50"]))


def joined(embeddings: dict[str, np.ndarray]) -> np.ndarray:
    """Return embeddings (n, d) of each network as one structured array (n,), a field a network."""
    fields = [(name, np.float32, part.shape[1:]) for name, part in embeddings.items()]
    found = np.empty(len(next(iter(embeddings.values()))), fields)
    for name, part in embeddings.items():
        found[name] = part
    return found


def fused_for(folder: Path, domain: str, checkpoints: Sequence[Checkpoint]) -> Fused:
    """Return koch and resnet50, in this order, joined as the folder's fusion for images of a domain says."""
    return Fused(*checkpoints, for_images_of(domain, load_fusion(folder, domain), checkpoints))


def fit_fusion(
    one_shot: OneShotTrials, pairs: VerificationTrials, koch: Checkpoint, resnet50: Checkpoint
) -> Fusion:
    """Fit a fusion to trials on classes that neither checkpoint was trained on.

    How much of each is decided by the likelihood of the one-shot targets, where the hard alternatives are;
    scale, intercept and threshold by the pairs, which is what a similarity is calibrated on.
    """
    models = (koch, resnet50)
    scores = [model.calibration.log_odds(one_shot.scores(model)) for model in models]
    likelihoods = [_best_likelihood(_mixed(share, *scores), one_shot.target) for share in SHARES]
    share = float(SHARES[np.argmax(likelihoods)])
    log_odds = [
        model.calibration.log_odds(pair_logits(model, pairs.read, pairs.left, pairs.right))
        for model in models
    ]
    mixed = _mixed(share, *log_odds)
    calibration = fit_calibration(mixed, pairs.same)
    threshold = best_threshold(calibration.similarity(mixed), pairs.same)
    return Fusion(
        calibration.slope * share, calibration.slope * (1 - share), calibration.intercept, threshold
    )


def _mixed(share: float, koch: np.ndarray, resnet50: np.ndarray) -> np.ndarray:
    return share * koch + (1 - share) * resnet50


def _best_likelihood(scores: np.ndarray, target: np.ndarray) -> float:
    """Return the mean log-probability of the targets (trials,) by a softmax of scores (trials, n_way).

    At its best temperature: a mixture must not win by being sharper.
    """
    gaps = scores - scores[np.arange(len(target)), target][:, None]
    return max(-float(np.logaddexp.reduce(gaps * temperature, axis=1).mean()) for temperature in TEMPERATURES)
