"""Run the third published attempt: a contrastive loss that goes NaN, what cures it, what is left then.

The root of a sum of squares has an infinite gradient at 0. A pair that the loss pulls together has a gradient
of 0 there, which stays 0; a pair that it pushes apart gets NaN. As published, these are different people
whose embeddings coincide once the softmax saturates; with the terms swapped, two copies of one image are such
a pair, too.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import keras
import numpy as np

from siamese_core.casestudies import published
from siamese_core.casestudies.study import (
    StudyOptions,
    StudyReport,
    hold_out,
    of_variant,
    part,
    verification,
)
from siamese_core.casestudies.study_training import (
    JIT,
    Draw,
    StudyImages,
    all_pairs,
    all_pairs_network,
    all_scores,
    random_pairs,
)
from siamese_core.casestudies.training_watch import (
    TrainingRecord,
    check_loss_moves,
    check_training,
    train_watched,
)
from siamese_core.data.progress import Progress
from siamese_core.data.sampling import BatchShape
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.diagnosis.image_checks import signatures
from siamese_core.diagnosis.label_checks import check_loss_convention
from siamese_core.diagnosis.layer_units import layer_units
from siamese_core.diagnosis.network_checks import check_effective_rank, check_saturated_units, effective_rank
from siamese_core.networks.encoders import ENCODERS
from siamese_core.networks.heads import make_head
from siamese_core.training.prepared_images import PreparedImages, embed_pixels

NAME = "contrastive-nan"
STEPS = 200  # of each training
HELD_OUT = 0.25  # share of the people
HALFSIZE = 16  # positive pairs, and as many negative ones, in a published batch
BATCH = BatchShape(16, 4)  # classes and images of our batch: as many images as a published one
LEARNING_RATE, OUR_LEARNING_RATE = 1e-3, 3e-4
PROBED = 48  # images that the layers are watched with
LAST = 10  # steps at the end whose mean loss is reported
OURS = {"Net_Definition": "face_cnn", "TestModel": "small_cnn"}
PUBLISHED = {"Net_Definition": published.net_definition, "TestModel": published.testmodel}


@dataclass(frozen=True)
class LossVariant:
    """One version of the attempt.

    build: makes the encoder for images of a side in px; clamped: keep squared distances away from 0 before
    the root; ours: train on all pairs of a batch with the project's loss, whatever `loss` and `clamped` are.
    """

    name: str
    build: Callable[[int], keras.Model]
    loss: Callable = published.contrastive
    clamped: bool = False
    ours: bool = False


def variants() -> list[LossVariant]:
    """Return what was published and advised, then the parts of the cure, each added to those before."""
    versions = []
    for network, build in PUBLISHED.items():
        unit_length, mended = partial(build, ending=published.unit_length), ENCODERS[OURS[network]]
        versions += [
            LossVariant(f"{network}, as published", build),
            LossVariant(f"{network}, terms swapped as advised", build, loss=published.contrastive_swapped),
            LossVariant(f"{network}, clamped", build, clamped=True),
            LossVariant(f"{network}, clamped, no softmax", unit_length, clamped=True),
            LossVariant(f"{network}, ours ({mended.name})", mended.build, ours=True),
        ]
    return versions


def run(options: StudyOptions, progress: Progress) -> StudyReport:
    """Run the study. UserError where fewer than four classes have two images."""
    spec = replace(ENCODERS["face_cnn"], size=options.size or ENCODERS["face_cnn"].size)
    training, held_out = hold_out(options.dataset, HELD_OUT, np.random.default_rng(options.seed))
    pixels = PreparedImages(options.dataset, spec, progress=progress).pixels
    faces = StudyImages(options.dataset, pixels, training, held_out)
    report = compare(variants(), faces, options, progress)
    findings = (_network_asked_for(spec.size), *_of_losses(), *report.findings)
    return replace(report, findings=findings)


def compare(
    versions: Sequence[LossVariant], faces: StudyImages, options: StudyOptions, progress: Progress
) -> StudyReport:
    """Train each version from the same seed for the same number of steps."""
    findings, table = [], [_by_pixels(faces)]
    for number, variant in enumerate(versions):
        row, found = try_variant(variant, faces, options, part(progress, number, len(versions), variant.name))
        table.append(row)
        findings += of_variant(variant.name, found)
    return StudyReport(NAME, tuple(findings), tuple(table))


def _of_losses() -> list[Finding]:
    return [
        *of_variant("loss as published", [check_loss_convention(published.contrastive)]),
        *of_variant("loss with its terms swapped", [check_loss_convention(published.contrastive_swapped)]),
    ]


def _network_asked_for(size: int) -> Finding:
    check = Check("network-built", "no weights more than TestModel has when TestModel is asked for")
    built, asked = published.build_by_name("TestModel", size), published.testmodel(size)
    surplus = built.count_params() - asked.count_params()
    if surplus == 0:
        return check.ok(0)
    return check.found(
        "error",
        surplus,
        f"The published code builds {built.name} whatever name is asked for.",
        "Look the name up in a table of networks, and refuse one that is not there.",
    )


def _by_pixels(faces: StudyImages) -> dict:
    """Return the row of a comparison without a network: the correlation of the shrunken images."""
    images, people = faces.judged
    rows = signatures(images)
    return {"variant": "no network: correlation of pixels", **verification(rows @ rows.T, people)}


def try_variant(
    variant: LossVariant, faces: StudyImages, options: StudyOptions, progress: Progress
) -> tuple[dict, list[Finding]]:
    """Train a version. Return its row of the table and its diagnosis."""
    keras.utils.set_random_seed(options.seed)
    encoder = variant.build(faces.inputs.shape[1])
    network, draw = _training(variant, encoder, faces, np.random.default_rng(options.seed))
    start = time.perf_counter()
    record = train_watched(network, draw, options.steps or STEPS, progress)
    seconds = time.perf_counter() - start
    row = {
        "variant": variant.name,
        "steps": len(record.losses),
        "nan_step": record.nan_step,
        "loss": None if record.nan_step else float(np.mean(record.losses[-LAST:])),
        **_judge(encoder, faces, record),
        "seconds": seconds,
    }
    return row, [check_training(record), *_look_inside(encoder, faces, record)]


def _training(
    variant: LossVariant, encoder: keras.Model, faces: StudyImages, rng: np.random.Generator
) -> tuple[keras.Model, Draw]:
    if variant.ours:
        network = all_pairs_network(encoder, "euclidean", "contrastive", OUR_LEARNING_RATE)
        return network, all_pairs(faces, rng, BATCH)
    network = published.PairDistance(encoder, variant.clamped)
    network.compile(keras.optimizers.Adam(LEARNING_RATE), loss=variant.loss, jit_compile=JIT)
    return network, random_pairs(faces, rng, HALFSIZE)


def _judge(encoder: keras.Model, faces: StudyImages, record: TrainingRecord) -> dict:
    """Return rank and verification figures on people that were held out."""
    if record.nan_step:
        return {"effective_rank": None, "eer": None, "roc_auc": None}
    images, people = faces.judged
    embeddings = embed_pixels(encoder, images)
    scores = verification(all_scores(make_head("euclidean"), embeddings), people)
    return {"effective_rank": effective_rank(embeddings), **scores}


def _look_inside(encoder: keras.Model, faces: StudyImages, record: TrainingRecord) -> list[Finding]:
    if record.nan_step:
        return []
    pixels, _ = faces.judged
    return [
        check_loss_moves(record.losses),
        check_saturated_units(layer_units(encoder, pixels[:PROBED])),
        check_effective_rank(embed_pixels(encoder, pixels)),
    ]
