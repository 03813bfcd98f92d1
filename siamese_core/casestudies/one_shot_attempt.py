"""Run the second published attempt: a one-shot evaluation that embeds the same images over and over again."""

import time
from dataclasses import dataclass, replace

import keras
import numpy as np

from siamese_core.casestudies import published
from siamese_core.casestudies.study import StudyOptions, StudyReport
from siamese_core.data.datasets import Dataset
from siamese_core.data.progress import Progress
from siamese_core.data.sampling import members
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.evaluation.protocols import OneShotTrials
from siamese_core.metrics import wilson_interval
from siamese_core.networks.encoders import ENCODERS, EncoderSpec
from siamese_core.networks.heads import make_head
from siamese_core.training.prepared_images import PreparedImages, embed_pixels

NAME = "one-shot-evaluation"
ENCODER = "koch"


@dataclass(frozen=True)
class Tasks:
    """One-shot tasks on prepared images.

    pixels: uint8 (n, size, size, channels); test (trials,) and support (trials, n_way): indices of them;
    target (trials,): place of the support image that shows the test image's letter.
    """

    pixels: np.ndarray
    test: np.ndarray
    support: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class TaskResults:
    """What an evaluation picked, places (trials,), how many images it embedded, and in how many seconds."""

    picks: np.ndarray
    images: int
    seconds: float


@dataclass(frozen=True)
class Network:
    """Encoder and head in the form that the evaluation takes, on prepared images."""

    encoder: keras.Model
    head: keras.Layer
    encoder_name: str = ENCODER
    id: str = "of the case study"
    threshold: float = 0.5

    def embed(self, images: list[np.ndarray]) -> np.ndarray:
        return embed_pixels(self.encoder, np.stack(images))

    def logits(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.asarray(self.head(left, right))

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        return np.asarray(keras.ops.sigmoid(logits))


def run(options: StudyOptions, progress: Progress) -> StudyReport:
    """Run the study. UserError with the numbers where the data has too few letters."""
    network, spec = _network(options)
    rng = np.random.default_rng(options.seed)
    languages = _languages(options.dataset)
    drawn = [
        published.make_oneshot_task(languages, rng, options.n_way, options.language)
        for _ in range(options.trials)
    ]
    tasks = _tasks(drawn, options.dataset, spec, progress)
    theirs = published_answers(network, tasks, progress)
    ours = our_answers(network, tasks)
    table = (
        {"variant": "published: every pair through the whole network", **_row(theirs, tasks)},
        {"variant": "ours: every image embedded once", **_row(ours, tasks)},
    )
    times = {"times_faster": theirs.seconds / ours.seconds}
    return StudyReport(NAME, _findings(theirs, ours, tasks), (table[0], table[1] | times))


def _tasks(
    drawn: list[tuple[np.ndarray, np.ndarray, int]], dataset: Dataset, spec: EncoderSpec, progress: Progress
) -> Tasks:
    """Prepare the images that the drawn tasks use. Both evaluations start from these."""
    test, support, target = (np.array(part) for part in zip(*drawn, strict=True))
    used = np.union1d(test, support)
    pixels = PreparedImages(dataset.subset(used), spec, progress=progress).pixels
    return Tasks(pixels, np.searchsorted(used, test[:, 0]), np.searchsorted(used, support), target)


def _network(options: StudyOptions) -> tuple[Network, EncoderSpec]:
    checkpoint = options.checkpoint
    if checkpoint is not None:
        card = checkpoint.card
        spec = replace(
            ENCODERS[checkpoint.encoder_name],
            size=card.size,
            channels=card.channels,
            preparation=card.preparation,
        )
        return Network(checkpoint.encoder, checkpoint.head), spec
    spec = replace(ENCODERS[ENCODER], size=options.size or ENCODERS[ENCODER].size)
    keras.utils.set_random_seed(options.seed)
    encoder, head = spec.build(spec.size), make_head(spec.head)
    shape = (None, encoder.output_shape[-1])
    head.build(shape, shape)
    return Network(encoder, head), spec


def _languages(dataset: Dataset) -> dict[str, list[np.ndarray]]:
    """Return the letters of each language (group) that two drawers drew, as indices of their drawings."""
    languages = {}
    for label, found in members(dataset.labels).items():
        if len(found) > 1:
            name = dataset.groups[dataset.class_group[label]].split("/")[-1]
            languages.setdefault(name, []).append(found)
    return languages


def published_answers(network: Network, tasks: Tasks, progress: Progress) -> TaskResults:
    """Evaluate as the published `test_oneshot` does: all pairs of a task through the whole pair network."""
    model = _pair_network(network)
    n_way = tasks.support.shape[1]

    def probabilities(trial: int) -> np.ndarray:
        test = np.repeat(tasks.pixels[tasks.test[trial]][None], n_way, axis=0)
        pair = [side.astype("float32") for side in (test, tasks.pixels[tasks.support[trial]])]
        return model.predict(pair, verbose=0)

    probabilities(0)  # compiles
    start, picks = time.perf_counter(), []
    for trial in range(len(tasks.test)):
        progress(trial / len(tasks.test), f"published evaluation: task {trial + 1} of {len(tasks.test)}")
        picks.append(int(np.argmax(probabilities(trial))))
    return TaskResults(np.array(picks), 2 * tasks.support.size, time.perf_counter() - start)


def _pair_network(network: Network) -> keras.Model:
    left, right = (keras.Input(network.encoder.input_shape[1:]) for _ in range(2))
    logits = network.head(network.encoder(left), network.encoder(right))
    return keras.Model([left, right], keras.ops.sigmoid(logits))


def our_answers(network: Network, tasks: Tasks) -> TaskResults:
    """Evaluate the same tasks as the project does."""
    embed_pixels(network.encoder, tasks.pixels[:1])  # compiles
    trials = OneShotTrials(
        "one-shot", tasks.pixels.__getitem__, tasks.test, tasks.support[:, :, None], tasks.target
    )
    start = time.perf_counter()
    picks = np.argmax(trials.scores(network), axis=1)
    seconds = time.perf_counter() - start
    return TaskResults(picks, len(tasks.pixels), seconds)


def _row(answers: TaskResults, tasks: Tasks) -> dict:
    correct, trials = int(np.sum(answers.picks == tasks.target)), len(tasks.target)
    low, high = wilson_interval(correct, trials)
    return {
        "accuracy": correct / trials,
        "ci95_low": low,
        "ci95_high": high,
        "correct": correct,
        "trials": trials,
        "images_embedded": answers.images,
        "seconds": answers.seconds,
    }


def _findings(theirs: TaskResults, ours: TaskResults, tasks: Tasks) -> tuple[Finding, ...]:
    picks = Check("same-picks", "no task in which the two evaluations pick different images")
    differing = int(np.sum(theirs.picks != ours.picks))
    once = Check("embedded-once", "1 time that an image goes through the encoder, on average")
    times = theirs.images / len(tasks.pixels)
    return (
        picks.ok(0)
        if differing == 0
        else picks.found(
            "error",
            differing,
            f"{differing} of {len(tasks.test)} picks differ, though the weights are the same.",
            "Look at the margins of these tasks: nearly equal scores are decided by rounding.",
        ),
        once.found(
            "warning",
            times,
            f"The published loop embeds {theirs.images} images where there are {len(tasks.pixels)}: the "
            "test image once for each letter, and every support image anew in every task.",
            "Embed each image once, keep the embeddings, and compare those.",
        ),
    )
