"""Benchmarks against the obvious way of doing the same, with a check that both give the same result."""

import csv
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from siamese_core.answers.label_row import COLUMNS, LabelRow, completed, row_cells
from siamese_core.answers.pair_log import PairLog
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.evaluation.protocols import OneShotOptions, one_shot_trials
from siamese_core.metric_learning.learning import LabelledPairs
from siamese_core.retraining.head_training import learned_head
from siamese_core.retraining.replay import Replay
from siamese_core.training.validation import PrecomputedModel

EPISODES, WAYS = 60, 20
ANSWERED, APPENDED, READ, COMPARED = 60, 100, 3000, 40


@dataclass(frozen=True)
class Benchmark:
    """Seconds that n things took, ours and the obvious way's."""

    name: str
    ours_s: float
    baseline_s: float
    n: int

    def json(self) -> dict:
        found = {
            name: value if isinstance(value, str) else round(value, 5) for name, value in asdict(self).items()
        }
        return found | {"ratio": round(self.baseline_s / max(self.ours_s, 1e-9), 2)}


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def _check(agree: bool, name: str) -> None:
    if not agree:
        raise AssertionError(f"The two ways of {name} must give the same result. Received: two results.")


def one_shot_benchmark(model: Checkpoint) -> Benchmark:
    """One-shot trials: every image embedded once, against every trial embedding its own."""
    options = OneShotOptions(n_way=WAYS, episodes=EPISODES, within_group=True)
    trials = one_shot_trials(Replay().dataset, options, np.random.default_rng(0))

    def obvious() -> np.ndarray:
        parts = [
            replace(trials, query=trials.query[[n]], support=trials.support[[n]], target=trials.target[[n]])
            for n in range(EPISODES)
        ]
        return np.concatenate([each.scores(model) for each in parts])

    model.embed([trials.read(int(trials.query[0]))] * 2)
    ours, first = _timed(lambda: trials.scores(model))
    baseline, second = _timed(obvious)
    _check(np.allclose(first, second, atol=1e-3), "taking trials")
    return Benchmark("one-shot", ours, baseline, EPISODES)


def head_benchmark(model: Checkpoint) -> Benchmark:
    """A head learned from answers about images embedded before, against embedding them anew."""
    data, rng = Replay().dataset, np.random.default_rng(0)
    rows = np.flatnonzero(data.class_group[data.labels] == 0)[:ANSWERED]
    images, labels = [data.image(int(row)) for row in rows], data.labels[rows]
    left, right = np.triu_indices(len(rows), 1)
    same = labels[left] == labels[right]
    kinds = [rng.permutation(np.flatnonzero(kind))[: 2 * ANSWERED] for kind in (same, ~same)]
    chosen = np.concatenate(kinds)
    answers = LabelledPairs(left[chosen], right[chosen], same[chosen])
    embeddings = model.embed(images)
    learn = learned_head
    ours, first = _timed(lambda: learn(model, embeddings, answers, np.random.default_rng(0)))
    baseline, second = _timed(lambda: learn(model, model.embed(images), answers, np.random.default_rng(0)))
    _check((first is None) == (second is None), "learning a head")
    return Benchmark("head", ours, baseline, len(chosen))


def compare_benchmark(model: Checkpoint) -> Benchmark:
    """Every image with every other: a table at once, against a pair at a time."""
    embeddings = np.random.default_rng(0).random((COMPARED, model.encoder.output_shape[-1]), np.float32)

    def obvious() -> np.ndarray:
        return np.array([[model.logits(a[None], b[None])[0] for b in embeddings] for a in embeddings])

    network = PrecomputedModel(model, embeddings)
    ours, first = _timed(lambda: network.checkpoint.pairwise_logits(embeddings, embeddings))
    baseline, second = _timed(obvious)
    _check(np.allclose(first, second, atol=1e-2), "comparing")
    return Benchmark("compare", ours, baseline, COMPARED**2)


def log_benchmarks() -> list[Benchmark]:
    """Appending answers one at a time to a log that is long, and asking for its rows again and again, against
    a file that is read and written as a whole. Both are on disk before an answer counts."""
    with tempfile.TemporaryDirectory() as folder:
        log, plain = PairLog(Path(folder) / "pairs.csv"), Path(folder) / "plain.csv"
        there = [_row(number) for number in range(READ)]
        log.append_many(there)
        _write(plain, there)
        new = [_row(READ + number) for number in range(APPENDED)]
        ours, _ = _timed(lambda: [log.append(row) for row in new])
        baseline, _ = _timed(lambda: [_write(plain, [*_read(plain), row]) for row in new])
        _check(log.rows() == _read(plain), "appending")
        read, rows = _timed(lambda: [log.rows() for _ in range(10)][-1])
        again, plain_rows = _timed(lambda: [_read(plain) for _ in range(10)][-1])
        _check(rows == plain_rows, "reading")
    return [
        Benchmark("log append", ours, baseline, APPENDED),
        Benchmark("log read", read, again, 10 * len(rows)),
    ]


def _row(number: int) -> LabelRow:
    left, right = (f"{2 * number + side:064x}" for side in (0, 1))
    answer = "same" if number % 3 else "different"
    row = LabelRow(annotator="bench", source="api", task="queue", left_id=left, right_id=right, answer=answer)
    return completed(replace(row, correction="0"))


def _write(file: Path, rows: Sequence[LabelRow]) -> None:
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *map(row_cells, rows)])
        stream.flush()
        os.fsync(stream.fileno())


def _read(file: Path) -> list[LabelRow]:
    with file.open(newline="") as stream:
        return [LabelRow(*cells) for cells in list(csv.reader(stream))[1:]]


OF_MODEL = {"one-shot": one_shot_benchmark, "head": head_benchmark, "compare": compare_benchmark}
LOG = "log"
