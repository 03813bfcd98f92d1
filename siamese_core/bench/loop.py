"""Simulate the labelling loop: a person who knows the classes answers the queue, and a head is fitted.

The head is measured on classes that were never labelled and on new images of those that were.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from siamese_core.answers.label_row import LabelRow, completed
from siamese_core.bench.both_networks import Base, Model, changed, exchanged, measurable, networks, views
from siamese_core.bench.figures import CALIBRATED, RANKING, figures
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import members
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import ProtocolResult
from siamese_core.labelling.candidates import Candidates, find_candidates
from siamese_core.labelling.mining import AUDIT, DEFAULT_MIX, draw
from siamese_core.labelling.question_table import QuestionTable
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.retraining.head_training import learned_head, unlabelled_head
from siamese_core.retraining.judging.gate import forgotten

LABELLED = 0.5  # share of the classes that are labelled
SEEN = 0.3  # share of a labelled class' images that are not shown but measured on
FEWEST_CLASSES, FEWEST_IMAGES = 8, 4  # of a domain; of a class that is used
AT_ONCE = 10  # answers between two updates of the queue
SPLITS = ("unseen classes", "seen classes")
STAGES = ("before", "normalised", "unlabelled", "after")
MEASURED = [(name, stage) for name in RANKING for stage in STAGES]
MEASURED += [(name, stage) for name in CALIBRATED for stage in STAGES if stage != "unlabelled"]
FIGURES = tuple(f"{name}_{stage}" for name, stage in MEASURED)
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
    model: Model, domain: Domain, asked: list[Condition], seed: int, bases: dict[str, Base]
) -> Iterator[dict]:
    """Yield a row for each condition, split and network: the values named in `FIGURES`, and "base_after".

    model: one network, or two fused, by both of which the queue asks and which are told each and fused.
    bases: name -> evaluates the base protocol. A head that loses more on it than the gate allows is not used.
    Answers are asked of, and a candidate follows, the model normalised against the pool, as it serves.
    """
    rng = np.random.default_rng(seed)
    pool, *tests = split_classes(domain.data.labels, rng)
    shown, labels = domain.embeddings[pool], domain.data.labels[pool]
    served = changed(model, Checkpoint.normalised, shown)
    without = [model, served, changed(model, unlabelled_head, shown)]
    measured = [[_measured(each, domain, rows) for rows in tests] for each in without]
    candidates = find_candidates(views(served, shown), rng)
    known = {name: bases[name](each) for name, (each, _) in networks(model, shown).items()}
    for each in asked:
        answers = simulated(candidates, labels, each, np.random.default_rng(seed))
        heads = {
            name: _learned(parent, images, answers, seed, _allowed(known[name], bases[name]))
            for name, (parent, images) in networks(served, shown).items()
        }
        after = exchanged(served, heads)
        stages = [*measured, [_measured(after, domain, rows) for rows in tests]]
        based = {name: bases[name](part.checkpoint) for name, part in measurable(after, shown).items()}
        for place, split in enumerate(SPLITS):
            found = dict(zip(STAGES, (stage[place] for stage in stages), strict=True))
            for network, protocol in based.items():
                values = {f"{name}_{stage}": found[stage][network][name] for name, stage in MEASURED}
                row = {"condition": each, "split": split, "network": network, **values}
                yield row | {"base_after": float(protocol.correct.mean())}


def _allowed(known: ProtocolResult, base: Base) -> Callable[[Checkpoint], bool]:
    return lambda head: forgotten(known, base(head)) is None


def _learned(
    parent: Checkpoint,
    shown: np.ndarray,
    answers: LabelledPairs,
    seed: int,
    allowed: Callable[[Checkpoint], bool],
) -> Checkpoint:
    return learned_head(parent, shown, answers, np.random.default_rng(seed), allowed) or parent


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


def _measured(model: Model, domain: Domain, rows: np.ndarray) -> dict[str, dict[str, float]]:
    """Return network -> its figures on the images of these rows."""
    data = domain.data.subset(rows)
    found = measurable(model, domain.embeddings[rows])
    return {slot: figures(each, data) for slot, each in found.items()}


def summary(domain: str, rows: list[dict], base_before: dict[str, float]) -> list[dict]:
    """Return an object for each condition, split and network: the means of its rows over seeds and groups.

    base_before: network -> the parent's accuracy in the base protocol.

    `intervals`: 95 % confidence intervals of all figures by Student's t; `ci95`: that of error_after.
    """
    found = []
    for (condition, split, network), own in pd.DataFrame(rows).groupby(
        ["condition", "split", "network"], sort=False
    ):
        means = own[[*FIGURES, "base_after"]].mean().round(4).to_dict()
        intervals = {name: interval(own[name].to_numpy()) for name in FIGURES}
        found.append(
            {
                "name": "loop",
                "domain": domain,
                "encoder": network,
                "answers": condition.answers,
                "split": split,
                "queue": condition.queue,
                "wrong": condition.wrong,
                **{name: means[name] for name in FIGURES},
                "ci95": intervals["error_after"],
                "intervals": intervals,
                "base_before": round(base_before[network], 4),
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
