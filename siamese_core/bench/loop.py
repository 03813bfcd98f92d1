"""Simulate the labelling loop: a person who knows the classes answers the queue, and a head is fitted.

The head is measured on classes that were never labelled and on new images of those that were.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from siamese_core.answers.label_row import LabelRow, completed
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import members, sample_pairs
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import OneShotOptions, ProtocolResult
from siamese_core.evaluation.scoring import pair_logits
from siamese_core.labelling.candidates import Candidates, find_candidates
from siamese_core.labelling.mining import AUDIT, DEFAULT_MIX, draw
from siamese_core.labelling.question_table import QuestionTable
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.metric_learning.neighbours import View
from siamese_core.metrics import equal_error_rate
from siamese_core.retraining.head_training import learned_head, unlabelled_head
from siamese_core.retraining.judging.gate import forgotten
from siamese_core.retraining.replay import Replay
from siamese_core.training.validation import PrecomputedModel, one_shot

LABELLED = 0.5  # share of the classes that are labelled
SEEN = 0.3  # share of a labelled class' images that are not shown but measured on
FEWEST_CLASSES, FEWEST_IMAGES = 8, 4  # of a domain; of a class that is used
AT_ONCE = 10  # answers between two updates of the queue
WAYS, TRIALS, PAIRS = 20, 1000, 6000  # of the one-shot error; of the equal error rate
SPLITS = ("unseen classes", "seen classes")
STAGES = ("before", "normalised", "unlabelled", "after")
FIGURES = tuple(f"{name}_{stage}" for name in ("error", "eer") for stage in STAGES)
RANDOM = {AUDIT: 1.0}


@dataclass(frozen=True)
class Condition:
    """How many pairs are asked, of the product's "queue" or "random" ones, and the share answered wrong."""

    queue: str
    answers: int
    wrong: float = 0.0


def conditions(answers: int) -> list[Condition]:
    """Return the conditions that are compared.

    They are the queue, half of its answers, random pairs, a person who errs at 5 %, and the queue with a
    third, a sixth and a twelfth of the answers.
    """
    half, erring = Condition("queue", answers // 2), Condition("queue", answers, 0.05)
    fewer = [Condition("queue", max(1, answers // part)) for part in (3, 6, 12)]
    return [Condition("queue", answers), half, Condition("random", answers), erring, *fewer]


@dataclass(frozen=True)
class Domain:
    """Images of one kind, and their embeddings (n, d) row by row."""

    name: str
    data: Dataset
    embeddings: np.ndarray


def domains(name: str, data: Dataset, embeddings: np.ndarray) -> list[Domain]:
    """Return every group of classes that is large enough by itself, or all in one where fewer than two are.

    UserError where there are too few classes.
    """
    group = data.class_group[data.labels]
    parts = [(data.groups[each], np.flatnonzero(group == each)) for each in np.unique(group)]
    parts = [(f"{name}: {title}", rows) for title, rows in parts if _classes(data.labels[rows])]
    if len(parts) < 2:
        parts = [(name, np.arange(len(data)))] if _classes(data.labels) else []
    if not parts:
        raise UserError(
            f"The loop needs {FEWEST_CLASSES} classes of {FEWEST_IMAGES} images each. Received: {name}, "
            f"{len(data)} images of {len(np.unique(data.labels))} classes. Give more."
        )
    return [Domain(title, data.subset(rows), embeddings[rows]) for title, rows in parts]


def _classes(labels: np.ndarray) -> bool:
    return sum(len(each) >= FEWEST_IMAGES for each in members(labels).values()) >= FEWEST_CLASSES


def loop(
    model: Checkpoint,
    domain: Domain,
    asked: list[Condition],
    seed: int,
    base: Callable[[Checkpoint], ProtocolResult],
) -> Iterator[dict]:
    """Yield a row for each condition and split: the values named in `FIGURES`, and "base_after".

    base: evaluates the base protocol. A head that loses more on it than the gate allows is not used.
    Answers are asked of, and a candidate follows, the model normalised against the pool, as it serves.
    """
    rng = np.random.default_rng(seed)
    pool, *tests = split_classes(domain.data.labels, rng)
    shown, labels = domain.embeddings[pool], domain.data.labels[pool]
    served = model.normalised(shown)
    without = [
        [_measured(each, domain, rows) for rows in tests]
        for each in (model, served, unlabelled_head(model, shown))
    ]
    candidates = find_candidates([view_of(served, shown)], rng)
    known = base(model)
    for each in asked:
        answers = simulated(candidates, labels, each, np.random.default_rng(seed))
        found = learned_head(
            served,
            shown,
            answers,
            np.random.default_rng(seed),
            lambda head: forgotten(known, base(head)) is None,
        )
        learned = found or served
        after = [_measured(learned, domain, rows) for rows in tests]
        base_after = float(base(learned).correct.mean())
        for split, *numbers in zip(SPLITS, *without, after, strict=True):
            errors, rates = zip(*numbers, strict=True)
            figures = dict(zip(FIGURES, (*errors, *rates), strict=True))
            yield {"condition": each, "split": split, **figures, "base_after": base_after}


def split_classes(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows of the pool to label, of classes never labelled, and of new images of labelled classes."""
    rows = {label: found for label, found in members(labels).items() if len(found) >= FEWEST_IMAGES}
    order = rng.permutation(sorted(rows))
    labelled = order[: round(LABELLED * len(order))]
    pool, seen = [], []
    for label in labelled:
        shuffled = rng.permutation(rows[int(label)])
        kept = max(2, round(SEEN * len(shuffled)))
        seen.append(shuffled[:kept])
        pool.append(shuffled[kept:])
    unseen = np.concatenate([rows[int(label)] for label in order[len(labelled) :]])
    return np.sort(np.concatenate(pool)), np.sort(unseen), np.sort(np.concatenate(seen))


def view_of(model: Checkpoint, embeddings: np.ndarray) -> View:
    def log_odds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return model.calibration.log_odds(model.logits(left, right))

    return View(len(embeddings), lambda rows: embeddings[rows], log_odds, model.threshold)


def simulated(
    candidates: Candidates, labels: np.ndarray, condition: Condition, rng: np.random.Generator
) -> LabelledPairs:
    """Return the answers of a person who knows the labels of the images (m,) and errs at random."""
    ids = tuple(str(number) for number in range(len(labels)))
    numbers = {image_id: number for number, image_id in enumerate(ids)}
    table = QuestionTable(ids, numbers, np.full(len(ids), -1), (), (), (), (), {}, candidates, {})
    rows: list[LabelRow] = []
    mix = RANDOM if condition.queue == "random" else DEFAULT_MIX
    while len(rows) < condition.answers:
        count = min(AT_ONCE, condition.answers - len(rows))
        drawn = draw(candidates, table.knowledge(rows, []), count, rng, mix)
        rows += [completed(_answer(each.left, each.right, labels, condition, rng)) for each in drawn]
        if not drawn:
            break
    left, right = (np.array([int(getattr(row, f"{side}_id")) for row in rows]) for side in ("left", "right"))
    same = np.array([row.answer == "same" for row in rows])
    return LabelledPairs(left, right, same)


def _answer(
    left: int, right: int, labels: np.ndarray, condition: Condition, rng: np.random.Generator
) -> LabelRow:
    same = bool(labels[left] == labels[right]) != bool(rng.random() < condition.wrong)
    told = "same" if same else "different"
    return LabelRow(annotator="bench", task="queue", left_id=str(left), right_id=str(right), answer=told)


def _measured(model: Checkpoint, domain: Domain, rows: np.ndarray) -> tuple[float, float]:
    """Return the one-shot error and the equal error rate on the images of these rows."""
    data, network = domain.data.subset(rows), PrecomputedModel(model, domain.embeddings[rows])
    ways = min(WAYS, len(np.unique(data.labels)))
    result = one_shot(network, data, OneShotOptions(n_way=ways, episodes=TRIALS))
    pairs = sample_pairs(data.labels, np.random.default_rng(0), PAIRS)
    scores = pair_logits(network, int, pairs.left, pairs.right)
    return 1 - float(result.correct.mean()), equal_error_rate(scores, pairs.same)


def base_protocol(model: Checkpoint) -> Callable[[Checkpoint], ProtocolResult]:
    """Return a function that takes heads on the model's encoder through the base protocol.

    The images of the replay set are embedded once.
    """
    replay = Replay()
    embeddings = model.embed(replay.images)
    return lambda head: replay.one_shot(PrecomputedModel(head, embeddings))


def summary(domain: str, encoder: str, rows: list[dict], base_before: float) -> list[dict]:
    """Return an object for each condition and split: the means of its rows over seeds and groups.

    `intervals`: 95 % confidence intervals of all figures by Student's t; `ci95`: that of error_after.
    """
    found = []
    for (condition, split), own in pd.DataFrame(rows).groupby(["condition", "split"], sort=False):
        means = own[[*FIGURES, "base_after"]].mean().round(4).to_dict()
        intervals = {name: interval(own[name].to_numpy()) for name in FIGURES}
        found.append(
            {
                "name": "loop",
                "domain": domain,
                "encoder": encoder,
                "answers": condition.answers,
                "split": split,
                "queue": condition.queue,
                "wrong": condition.wrong,
                **{name: means[name] for name in FIGURES},
                "ci95": intervals["error_after"],
                "intervals": intervals,
                "base_before": round(base_before, 4),
                "base_after": means["base_after"],
                "seeds": len(own),
            }
        )
    return found


def interval(values: np.ndarray) -> list[float] | None:
    """Return the 95 % confidence interval of the mean by Student's t, None for a single value."""
    if len(values) < 2:
        return None
    half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return [round(float(values.mean()) - half, 4), round(float(values.mean()) + half, 4)]
