"""Explain a comparison: choose the method that fits the encoder and its head, and run it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.explaining.decomposing import InnerProduct, decompose, similarity_maps
from siamese_core.explaining.maps import DECOMPOSED, OCCLUDED, SimilarityMaps
from siamese_core.explaining.occluding import occlude
from siamese_core.images.decoding import image_id
from siamese_core.networks.compiled import compiled
from siamese_core.networks.embedding_spec import without_copies
from siamese_core.networks.kept_network import FrozenNetwork
from siamese_core.networks.place_features import PlaceFeatures, place_features
from siamese_core.workspace.matching import Matcher

REMEMBERED = 6  # networks: three encoders for each of two slots
KEPT = 16  # explanations: a page asks again when a threshold is moved
SEED = 0  # of the regions that are covered: a pair gets the same explanation each time


@dataclass(frozen=True)
class Explanation:
    """Why a slot's checkpoint finds two images alike or not.

    images: both as the encoder sees them, uint8 (height, width, channels); log_odds: of "same".
    """

    encoder: str
    checkpoint: str
    images: tuple[np.ndarray, np.ndarray]
    log_odds: float
    maps: SimilarityMaps


@dataclass(frozen=True)
class Method:
    """How a checkpoint is explained. forward: of the cut network where `places` are there, else of the
    network without its copies: turning covered images would take three times as long."""

    forward: Callable[[np.ndarray], np.ndarray]
    places: PlaceFeatures | None = None
    product: InnerProduct | None = None

    @property
    def name(self) -> str:
        return OCCLUDED if self.places is None else DECOMPOSED

    def maps(self, checkpoint: Checkpoint, images: tuple[np.ndarray, np.ndarray]) -> SimilarityMaps:
        """Return the maps of two prepared images. checkpoint: as it compares them, normalised or not."""

        def log_odds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
            return checkpoint.calibration.log_odds(checkpoint.logits(left, right))

        if self.places is None:
            return occlude(images, lambda copies: self.forward(copies.astype(np.float32)), log_odds, SEED)
        shares = self.places.shares(np.stack(images), self.forward)
        embeddings = shares.sum(axis=(1, 2))
        found = decompose(
            shares.reshape(2, -1, shares.shape[-1]),
            self.product,
            slope_of(checkpoint, embeddings),
            float(log_odds(embeddings[:1], embeddings[1:])[0]),
            average_image(checkpoint, self.product),
        )
        return similarity_maps(found, shares.shape[1:3])


@dataclass
class Explainer:
    """Explains what a matcher's checkpoints say. Thread safe."""

    matcher: Matcher
    _methods: dict[str, Method] = field(default_factory=dict)
    _found: dict[tuple, Explanation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def explain(self, slot: str, left: np.ndarray, right: np.ndarray) -> Explanation:
        """Explain what a slot says of two images, as it compares them. UserError where nothing loads."""
        domain = self.matcher.domain([left, right])
        served = self.matcher.checkpoint(slot, domain)
        embeddings = self.matcher.embed(slot, [left, right], domain)
        checkpoint = self.matcher.cohorts.calibrated(served, embeddings)
        log_odds = float(
            checkpoint.calibration.log_odds(checkpoint.logits(embeddings[:1], embeddings[1:]))[0]
        )
        key = served.id, log_odds, image_id(left), image_id(right)
        with self._lock:
            if key not in self._found:
                images = served.prepare(left), served.prepare(right)
                maps = self._method(served).maps(checkpoint, images)
                _put(self._found, key, Explanation(slot, served.id, images, log_odds, maps), KEPT)
            return self._found[key]

    def prepare(self, image: np.ndarray) -> None:
        """Make ready what explains images like this one, which takes seconds: compile the networks."""
        domain = self.matcher.domain([image])
        for slot in self.matcher.slots:
            if self.matcher.state(slot) == "ready":
                checkpoint = self.matcher.checkpoint(slot, domain)
                seen = checkpoint.prepare(image)
                with self._lock:
                    new = checkpoint.id not in self._methods
                    method = self._method(checkpoint)
                    if new:
                        method.forward(np.repeat(seen[None], 2, axis=0).astype(np.float32))

    def _method(self, checkpoint: Checkpoint) -> Method:
        if checkpoint.id not in self._methods:
            _put(self._methods, checkpoint.id, method_of(checkpoint), REMEMBERED)
        return self._methods[checkpoint.id]


def _put(held: dict, key: object, value: object, most: int) -> None:
    """Keep a value, and the latest `most` of all."""
    while len(held) >= most:
        held.pop(next(iter(held)))
    held[key] = value


def method_of(checkpoint: Checkpoint) -> Method:
    """Return how a checkpoint is explained.

    By decomposing where its embeddings are pooled from a map of many places and its head is a cosine or a
    learned cosine, else by covering regions.
    """
    encoder, spec = checkpoint.encoder, checkpoint.card.embedding
    if isinstance(encoder, FrozenNetwork):
        return Method(encoder.predict_on_batch)
    product = inner_product(checkpoint)
    places = None if product is None else place_features(encoder, spec)
    if places is None:
        return Method(compiled(without_copies(encoder, spec)))
    return Method(compiled(places.network), places, product)


def inner_product(checkpoint: Checkpoint) -> InnerProduct | None:
    """Return the form of the head; None where it is none of pairs of places."""
    if checkpoint.card.head == "cosine":
        return InnerProduct.of_cosine(checkpoint.encoder.output_shape[-1])
    if checkpoint.card.head != "learnt_cosine":
        return None
    weights = {
        name: np.asarray(getattr(checkpoint.head, name), np.float64) for name in InnerProduct.__annotations__
    }
    return InnerProduct(**weights | {"power": float(weights["power"])})


def slope_of(checkpoint: Checkpoint, embeddings: np.ndarray) -> float:
    """Return by how much the log-odds of two images (2, d) grow with the head's score.

    The scores of both images with the cohort are held as they are.
    """
    if checkpoint.normalisation is None:
        return checkpoint.calibration.slope
    spreads = checkpoint.normalisation.statistics(embeddings).spread
    return checkpoint.calibration.slope * float(np.mean(1 / spreads))


def average_image(checkpoint: Checkpoint, product: InnerProduct) -> np.ndarray | None:
    """Return the mean (d,) of images as the head places them: of the cohort, or of what the encoder knows."""
    if checkpoint.normalisation is not None:
        cohort = checkpoint.normalisation.cohort
        return product.placed(cohort[:, None])[:, 0].mean(axis=0)
    known = checkpoint.familiarity
    if known is None or not known.unit or checkpoint.card.head != "cosine" or np.ptp(known.scale) > 0:
        return None
    return known.known_centre
