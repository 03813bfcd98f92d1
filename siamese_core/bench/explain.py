"""Benchmark `explain`: whether blanking what an overlay marks changes what the encoder says.

Of each pair the pixels marked most important are blanked in one image at a time, and the log-odds of "same"
are taken again. Beside it stand the same mask moved elsewhere at random, the overlay of another pair, and
that of a network with shuffled weights: an overlay that says nothing about the pair is no better than they.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.explaining.explaining import Method, method_of
from siamese_core.explaining.maps import DECOMPOSED, SimilarityMaps, most_important
from siamese_core.explaining.occluding import ground_of
from siamese_core.metrics import wilson_interval
from siamese_core.networks.embedding_spec import build_network, with_copies
from siamese_core.workspace.matching import Matcher

SHARE = 0.2  # of an image's pixels that are blanked
MOVES = 2  # random places of a mask
BLUR = 1 / 12  # standard deviation of the blur that blanks a photograph, of its side
CURVE = (0.1, 0.2, 0.4, 0.6, 0.8)  # shares of pixels at which the curves are taken
KINDS = ("alike", "apart", "other", "shuffled", "moved")
RESAMPLES = 1000
CURVED = 20  # pairs of which curves are taken
LOOKED_AT = 16  # images that tell which of a slot's checkpoints is measured

Images = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Explained:
    """What is measured: a checkpoint, the method that explains it, and the same of shuffled weights.

    forward: runs the encoder on prepared images (n, height, width, channels).
    """

    checkpoint: Checkpoint
    forward: Callable[[np.ndarray], np.ndarray]
    method: Method
    shuffled: Method

    def log_odds(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return self.checkpoint.calibration.log_odds(self.checkpoint.logits(left, right))


def measure(matcher: Matcher, slot: str, data: Dataset, pairs: int, seed: int) -> dict:
    """Return what overlays of the slot's checkpoint are worth on pairs of a data set, as JSON."""
    rng = np.random.default_rng(seed)
    domain = matcher.domain(looked_at(data))
    served = matcher.loader.serving(slot, domain)
    checkpoint = served.checkpoint
    method, random = method_of(checkpoint), method_of(shuffled(checkpoint, rng))
    explained = Explained(checkpoint, served.forward, method, random)
    images = [
        tuple(checkpoint.prepare(data.image(int(index))) for index in pair)
        for pair in sampled_pairs(data, pairs, rng)
    ]
    rows = list(effects(explained, images, rng))
    return {
        "encoder": slot,
        "checkpoint": checkpoint.id,
        "method": method.name,
        **summary(rows, seed),
        "curves": curves(explained, images[:CURVED], rng),
        "seed": seed,
    }


def looked_at(data: Dataset) -> list[np.ndarray]:
    """Return images that tell which of a slot's checkpoints compares such data."""
    return [data.image(index) for index in range(0, len(data), max(1, len(data) // LOOKED_AT))]


def shuffled(checkpoint: Checkpoint, rng: np.random.Generator) -> Checkpoint:
    """Return the checkpoint with the numbers of each of its encoder's weights in random order."""
    spec = checkpoint.card.embedding
    network = build_network(spec)
    weights = checkpoint.encoder.get_weights()
    network.set_weights([rng.permutation(each.ravel()).reshape(each.shape) for each in weights])
    return replace(checkpoint, encoder=with_copies(network, spec))


def sampled_pairs(data: Dataset, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return pairs of images int (count, 2), of the same class and of different ones in turns."""
    found: list[tuple[int, int]] = []
    while len(found) < count:
        first = int(rng.integers(len(data)))
        same = (data.labels == data.labels[first]) == (len(found) % 2 == 0)
        others = np.flatnonzero(same & (np.arange(len(data)) != first))
        if len(others):
            found.append((first, int(rng.choice(others))))
    return np.array(found)


def blanked(image: np.ndarray, mask: np.ndarray, method: str) -> np.ndarray:
    """Return an image with the pixels of a mask blanked.

    By a strong blur where the encoder is decomposed, which takes photographs, else by its ground, which is
    the paper of a drawing.
    """
    blank = image.copy()
    if method == DECOMPOSED:
        sigma = BLUR * image.shape[0]
        blank[mask] = gaussian_filter(image, (sigma, sigma, 0))[mask]
    else:
        blank[mask] = ground_of(image)
    return blank


def moved(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a mask of the same shape elsewhere: mirrored at random and shifted around the edges."""
    turned = mask[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))]
    return np.roll(turned, (rng.integers(mask.shape[0]), rng.integers(mask.shape[1])), (0, 1))


def effects(
    explained: Explained, images: list[Images], rng: np.random.Generator
) -> Iterator[dict[str, np.ndarray]]:
    """Yield, for each pair, the changes of the log-odds by each of `KINDS`.

    They are (2,), of both images, and of "moved" those at each of `MOVES` places.
    """
    maps = [explained.method.maps(explained.checkpoint, pair) for pair in images]
    for place, (pair, own) in enumerate(zip(images, maps, strict=True)):
        other = maps[(place + 2) % len(maps)]  # the next one of the same kind
        shuffled = explained.shuffled.maps(explained.checkpoint, pair)
        chosen = {"alike": own.alike, "apart": own.apart, "other": other.alike, "shuffled": shuffled.alike}
        masks = {name: _masks(both, pair) for name, both in chosen.items()}
        moves = [tuple(moved(mask, rng) for mask in masks["alike"]) for _ in range(MOVES)]
        changes = _changes(explained, pair, [*masks.values(), *moves], own)
        yield dict(zip(masks, changes, strict=False)) | {"moved": changes[len(masks) :].ravel()}


def curves(
    explained: Explained, images: list[Images], rng: np.random.Generator
) -> dict[str, dict[str, list[float]]]:
    """Return the deletion and the insertion curve (Petsiuk et al., *RISE*, 2018).

    They are by an overlay and by the same one moved elsewhere: the mean change of the log-odds at each of
    `CURVE`, from the whole pair.

    Deletion blanks the most important pixels, insertion all others.
    """
    sums = {kind: {name: [] for name in ("overlay", "moved")} for kind in ("deletion", "insertion")}
    for pair in images:
        own = explained.method.maps(explained.checkpoint, pair)
        whole = [_masks(own.alike, pair, share) for share in CURVE]
        away = [tuple(moved(mask, rng) for mask in both) for both in whole]
        masks = [*whole, *away]
        masks += [tuple(~mask for mask in both) for both in masks]
        parts = _changes(explained, pair, masks, own).mean(axis=1).reshape(4, len(CURVE))
        for row, (kind, name) in zip(parts, ((k, n) for k in sums for n in sums[k]), strict=True):
            sums[kind][name].append(row)
    return {
        kind: {name: np.mean(rows, axis=0).round(3).tolist() for name, rows in both.items()}
        for kind, both in sums.items()
    }


def ratio(changes: np.ndarray, by_chance: np.ndarray, rng: np.random.Generator) -> dict:
    """Return the median size of changes (n, k) of n pairs against that of chance (n, m).

    With its 95 % interval over pairs (bootstrap).
    """

    def of(rows: np.ndarray) -> float:
        return float(np.median(np.abs(changes[rows])) / max(np.median(np.abs(by_chance[rows])), 1e-9))

    draws = [of(rng.integers(len(changes), size=len(changes))) for _ in range(RESAMPLES)]
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"ratio": round(of(np.arange(len(changes))), 2), "ci95": [round(low, 2), round(high, 2)]}


def summary(rows: list[dict[str, np.ndarray]], seed: int) -> dict:
    """Return the ratios over all pairs, and over same and different ones alone.

    sets_apart: the ratio over different pairs of what is marked as setting them apart; own_beats_other: the
    share of pairs that their own overlay moves further than another pair's does; apart: the median change,
    which is to be above 0: without what sets them apart two images are more alike; moved: the median size of
    those by chance.
    """
    columns = {kind: np.array([row[kind] for row in rows]) for kind in KINDS}
    rng = np.random.default_rng(seed)
    found = {kind: ratio(columns[kind], columns["moved"], rng) for kind in ("alike", "other", "shuffled")}
    for start, name in enumerate(("same", "different")):
        part = slice(start, None, 2)
        found[name] = ratio(columns["alike"][part], columns["moved"][part], rng)
    different = slice(1, None, 2)
    found["sets_apart"] = ratio(columns["apart"][different], columns["moved"][different], rng)
    own, other = (np.abs(columns[kind]).mean(axis=1) for kind in ("alike", "other"))
    further = int((own > other).sum())
    share = {"share": round(further / len(rows), 2), "ci95": _rounded(wilson_interval(further, len(rows)))}
    return found | {
        "own_beats_other": share,
        "apart": round(float(np.median(columns["apart"])), 3),
        "moved": round(float(np.median(np.abs(columns["moved"]))), 3),
        "pairs": len(rows),
    }


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(each, 2) for each in interval]


def _masks(maps: Images, images: Images, share: float = SHARE) -> Images:
    return tuple(
        most_important(each, image.shape[:2], share) for each, image in zip(maps, images, strict=True)
    )


def _changes(explained: Explained, images: Images, masks: list[Images], maps: SimilarityMaps) -> np.ndarray:
    """Return the change of the log-odds (n, 2) by each of n masks of either image.

    One image is blanked at a time.
    """
    blank = [
        [blanked(image, mask, maps.method) for mask in column]
        for image, column in zip(images, zip(*masks, strict=True), strict=True)
    ]
    embeddings = explained.forward(np.concatenate([np.stack(images), *blank]).astype(np.float32))
    left, right, count = embeddings[:1], embeddings[1:2], len(masks)
    whole = explained.log_odds(left, right)
    lefts, rights = embeddings[2 : 2 + count], embeddings[2 + count :]
    sides = (
        explained.log_odds(lefts, np.repeat(right, count, axis=0)),
        explained.log_odds(np.repeat(left, count, axis=0), rights),
    )
    return np.stack(sides, axis=1) - whole
