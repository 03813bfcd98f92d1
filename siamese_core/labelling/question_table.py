"""The embedded images of a pool, compared by the serving checkpoints: what questions are drawn from."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from siamese_core.answers.corrections import Verdict
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import settled_labels, standing_labels
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import domain_of_images
from siamese_core.embeddings.embedding_store import EmbeddingStore
from siamese_core.errors import UserError
from siamese_core.labelling.asked import Pair
from siamese_core.labelling.candidates import Candidates, find_candidates, pair_codes
from siamese_core.labelling.implications import groups
from siamese_core.labelling.pool import Pool, PoolEmbeddings
from siamese_core.labelling.pool_files import PoolImage
from siamese_core.labelling.strategies import Knowledge, expected_same
from siamese_core.metric_learning.familiarity import doubted
from siamese_core.metric_learning.neighbours import View
from siamese_core.metrics import verdict
from siamese_core.workspace.abstaining import reason, unknown_images

AT_ONCE = 1000  # embeddings in memory while it is told which of the images a checkpoint knows
RANDOM_PAIRS = 500  # that the share of pairs called same is measured on


@dataclass(frozen=True)
class QuestionTable:
    """The images to ask about and the pairs worth asking, at one state of the pool.

    ids: of n images, embedded in every slot; number: id -> its index; classes: int (n,), -1 unknown
    embedded, views: one for each slot that serves
    unknown: bool (n,) for each of these, which images its checkpoint does not know
    trust: (n,) for each of these, 0..1, by how much what it says of an image counts
    abstaining: by slot, why it abstains from these images as a whole: it does not know most of them
    candidates: by the encoders that do not abstain, by all where all abstain
    called_same: by slot, the share of random pairs that it calls same
    """

    ids: tuple[str, ...]
    number: dict[str, int]
    classes: np.ndarray
    embedded: tuple[PoolEmbeddings, ...]
    views: tuple[View, ...]
    unknown: tuple[np.ndarray, ...]
    trust: tuple[np.ndarray, ...]
    abstaining: dict[str, str]
    candidates: Candidates
    called_same: dict[str, float]

    @property
    def checkpoints(self) -> tuple[str, ...]:
        return tuple(each.checkpoint.id for each in self.embedded)

    def holds(self, image_ids: Sequence[str]) -> bool:
        return all(each in self.number for each in image_ids)

    def codes(self, pairs: Iterable[Pair]) -> np.ndarray:
        """Return the sorted codes int64 of the pairs whose images are both here."""
        known = [(self.number[a], self.number[b]) for a, b in pairs if self.holds((a, b))]
        left, right = np.array(known, np.int64).reshape(-1, 2).T
        return np.unique(pair_codes(left, right, len(self.ids)))

    def knowledge(
        self, rows: Sequence[LabelRow], asked: Iterable[Pair], aside: Collection[str] = ()
    ) -> Knowledge:
        """Return what the log's rows say of the candidates.

        Answered pairs and those in `asked` are excluded, and every pair of an image that is set `aside`.
        """
        settled = settled_labels(rows)
        excluded = self.codes([*(row.pair for row in standing_labels(rows)), *asked])
        ends = np.concatenate([excluded // len(self.ids), excluded % len(self.ids)])
        same, different = (
            self._candidate_rows([row.pair for row in settled if row.answer == answer])
            for answer in ("same", "different")
        )
        answers = np.repeat([True, False], [len(same), len(different)])
        return Knowledge(
            classes=self.classes,
            expected=expected_same(self.candidates, np.concatenate([same, different]), answers),
            implied=groups(settled, self.ids).known(self.candidates.left, self.candidates.right),
            seen=np.bincount(ends, minlength=len(self.ids)),
            excluded=excluded,
            usable=np.array([each not in aside for each in self.ids]),
        )

    def _candidate_rows(self, pairs: Iterable[Pair]) -> np.ndarray:
        return np.flatnonzero(np.isin(self.candidates.codes, self.codes(pairs)))

    def verdicts(self, pairs: Sequence[Pair]) -> list[tuple[Verdict, ...]]:
        """Return the verdicts on each pair, one for each slot that serves."""
        left, right = (
            np.array([[self.number[each] for each in pair] for pair in pairs], np.int64).reshape(-1, 2).T
        )
        by_slot = []
        for each, view, unknown, trust in zip(
            self.embedded, self.views, self.unknown, self.trust, strict=True
        ):
            said = expit(view.compare(left, right)).astype(np.float32)
            said = doubted(said, np.minimum(trust[left], trust[right]), view.threshold)
            abstains = unknown[left] | unknown[right]
            by_slot.append([_verdict(each, *pair) for pair in zip(said, abstains, strict=True)])
        return list(zip(*by_slot, strict=True))


def build_table(pool: Pool, rng: np.random.Generator) -> QuestionTable:
    """Compare the embedded images of a pool. UserError while fewer than two are embedded."""
    embedded = pool.embedded()
    images = [each for each in pool.images() if all(each.image_id in one.store for one in embedded)]
    if len(images) < 2:
        now = pool.progress()
        raise UserError(
            f"Questions need two images. Received: {now.embedded} embedded of {now.files} files"
            f"{_why_not(now.problem, now.working and now.files > 0)}",
            code="nothing_to_ask",
        )
    ids = tuple(each.image_id for each in images)
    names = sorted({each.class_name for each in images} - {""})
    classes = {name: place for place, name in enumerate(names)}
    views = tuple(_view(each.checkpoint, each.store, ids) for each in embedded)
    unknown, trust = zip(*(_known(each, images) for each in embedded), strict=True)
    abstaining = {
        each.slot: reason(each.checkpoint.card, _domains(each, images), foreign)
        for each, foreign in zip(embedded, unknown, strict=True)
        if 2 * foreign.sum() > len(images)
    }
    # The nearest neighbours by an encoder that abstains are little better than random pairs.
    judging = [view for each, view in zip(embedded, views, strict=True) if each.slot not in abstaining]
    return QuestionTable(
        ids=ids,
        number={image_id: place for place, image_id in enumerate(ids)},
        classes=np.array([classes.get(each.class_name, -1) for each in images], np.int64),
        embedded=tuple(embedded),
        views=views,
        unknown=unknown,
        trust=trust,
        abstaining=abstaining,
        candidates=find_candidates(judging or views, rng),
        called_same={each.slot: _called_same(view, rng) for each, view in zip(embedded, views, strict=True)},
    )


def _called_same(view: View, rng: np.random.Generator) -> float:
    left = rng.integers(view.images, size=RANDOM_PAIRS)
    right = (left + rng.integers(1, view.images, size=RANDOM_PAIRS)) % view.images
    return float(np.mean(verdict(expit(view.compare(left, right)), view.threshold)))


def _known(each: PoolEmbeddings, images: Sequence[PoolImage]) -> tuple[np.ndarray, np.ndarray]:
    """Return which images the slot's checkpoint does not know, bool (n,), and its trust of each, (n,)."""
    unknown, trust = [], []
    for start in range(0, len(images), AT_ONCE):
        part = images[start : start + AT_ONCE]
        embeddings = each.store.take([image.image_id for image in part])
        unknown.append(unknown_images(each.checkpoint, _domains(each, part), embeddings))
        trust.append(each.checkpoint.trust(embeddings))
    return np.concatenate(unknown), np.concatenate(trust)


def _domains(each: PoolEmbeddings, images: Sequence[PoolImage]) -> list[str]:
    """Return each image's domain, the pool's where the image was not examined."""
    return [each.domain if image.ink is None else domain_of_images([image.ink]) for image in images]


def _verdict(each: PoolEmbeddings, similarity: np.float32, abstains: bool) -> Verdict:
    """Return a verdict with its numbers, for who asks an encoder that abstains anyway, too."""
    threshold = each.checkpoint.threshold
    same = bool(verdict(similarity, threshold))
    return Verdict(each.slot, each.checkpoint.id, float(similarity), threshold, same, bool(abstains))


def _why_not(problem: str | None, working: bool) -> str:
    if problem:
        return f". It stopped: {problem}"
    return ". Wait a little." if working else ". Add images to label."


def _view(checkpoint: Checkpoint, store: EmbeddingStore, ids: Sequence[str]) -> View:
    places = store.places(ids)

    def log_odds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return checkpoint.calibration.log_odds(checkpoint.logits(left, right))

    return View(len(ids), lambda rows: store.rows(places[rows]), log_odds, checkpoint.threshold)
