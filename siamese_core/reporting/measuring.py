"""Measure everything and put it into one report: JSON, from which figures and downloads are made."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from siamese_core.answers.label_row import now
from siamese_core.data.progress import Progress
from siamese_core.evaluation.protocols import OneShotTrials, VerificationTrials
from siamese_core.reporting.embedding import SeenImages, embedded_model, see_images
from siamese_core.reporting.errors_found import confused_classes, hardest_pairs
from siamese_core.reporting.kept_reports import SCHEMA
from siamese_core.reporting.leaks import SamePictures, picture_leaks, training_leaks
from siamese_core.reporting.measured_models import (
    BASELINE,
    FUSED,
    MeasuredModel,
    baseline_models,
    embedding_models,
    other_models,
    serving_models,
)
from siamese_core.reporting.model_figures import one_shot_entries, verification_entry, within_groups
from siamese_core.reporting.sources import ANSWERS, POOL, EvaluationData
from siamese_core.reporting.trials import DrawnTrials, Settings, draw_trials
from siamese_core.workspace.picking import Images
from siamese_core.workspace.workbench import Workbench

PLAYED = 20  # trials that a visitor can take
MOST_CHOICES = 20  # images in the support set of such a trial, a key each


@dataclass(frozen=True)
class Wish:
    """What to measure. others: ids of checkpoints to measure beside those that serve."""

    settings: Settings = field(default_factory=Settings)
    others: tuple[str, ...] = ()


def measure(workbench: Workbench, data: EvaluationData, wish: Wish, progress: Progress) -> dict:
    """Measure what serves on the data, what the wish names beside it, and the baselines; return the report.

    Every image is read once, and embedded once for each encoder. UserError where the data can fill no trial.
    """
    start = time.perf_counter()
    progress(0.0, "drawing the trials")
    drawn = draw_trials(data, wish.settings)
    numbers = drawn.used()
    progress(0.02, "loading the checkpoints")
    models = _models(workbench, data, numbers, wish)
    kept = workbench.matcher.kept
    seen = see_images(data.read, numbers, embedding_models(models), kept, _part(progress, 0.05, 0.7))
    drawn = _renumbered(drawn, seen)
    copies = SamePictures.among(seen)
    entries = []
    for place, each in enumerate(models):
        progress(0.7 + 0.28 * place / len(models), f"measuring {each.title}")
        entries.append(model_entry(each, drawn, data, seen, copies))
    rows = workbench.log.rows()
    classes = [data.classes[int(number)] for number in numbers]
    main = drawn.one_shot.get(drawn.main)
    leaks = training_leaks(data, models, seen, rows) + picture_leaks(copies, classes, main, drawn.pairs)
    progress(0.98, "keeping the images that the report shows")
    report = {
        "schema": SCHEMA,
        "created_at": now(),
        "seconds": round(time.perf_counter() - start, 1),
        "data": data.counts(),
        "settings": asdict(wish.settings),
        "main": drawn.main,
        "notes": list(drawn.notes),
        "leaks": [leak.json() for leak in leaks],
        "models": entries,
        "play": _played(main, seen),
        "people": [],
    }
    _keep_images(workbench, data, seen, report)
    return report


def model_entry(
    each: MeasuredModel, drawn: DrawnTrials, data: EvaluationData, seen: SeenImages, copies: SamePictures
) -> dict:
    """Return all that was measured of one model. drawn: trials of places in what was seen."""
    model = embedded_model(each.model, seen)
    trials = drawn.one_shot
    if each.role == BASELINE:  # slow ones among them: the trials that the settings ask for are enough
        trials = {shape: found for shape, found in trials.items() if shape == drawn.main}
    results = {shape: found.evaluate(model) for shape, found in trials.items()}
    verified = drawn.pairs.evaluate(model)
    classes = [data.classes[int(number)] for number in seen.numbers]
    main = drawn.one_shot.get(drawn.main)
    return {
        "key": each.key,
        "role": each.role,
        "slot": each.slot,
        "title": each.title,
        "encoder": model.encoder_name,
        "checkpoint": model.id,
        "note": each.note,
        "normalised": each.normalised,
        "abstains": _abstains(each, seen),
        "verification": verification_entry(verified, copies.holds(drawn.pairs.left, drawn.pairs.right)),
        "one_shot": one_shot_entries(results),
        "groups": [] if each.role == BASELINE else within_groups(model, drawn.by_group),
        "confusion": None if main is None else confused_classes(model, main, seen.ids, classes),
        "hardest": hardest_pairs(verified, drawn.pairs, seen.ids),
        "played": results[drawn.main].correct[:PLAYED].tolist() if main else [],
    }


def _models(
    workbench: Workbench, data: EvaluationData, numbers: np.ndarray, wish: Wish
) -> list[MeasuredModel]:
    images = Images(len(numbers), lambda place: data.read(int(numbers[place])))
    as_compared = data.kind in (POOL, ANSWERS)
    models = serving_models(workbench, images, as_compared)
    serving = {each.model.id for each in models}
    others = other_models(workbench, [each for each in wish.others if each not in serving], as_compared)
    return models + others + (baseline_models() if wish.settings.baselines else [])


def _renumbered(drawn: DrawnTrials, seen: SeenImages) -> DrawnTrials:
    """Return the same trials with places in what was seen as their numbers, which embedded models read."""

    def pairs(trials: VerificationTrials) -> VerificationTrials:
        return replace(trials, read=int, left=seen.places(trials.left), right=seen.places(trials.right))

    def one_shot(trials: OneShotTrials | None) -> OneShotTrials | None:
        if trials is None:
            return None
        return replace(trials, read=int, query=seen.places(trials.query), support=seen.places(trials.support))

    groups = (
        replace(each, pairs=pairs(each.pairs), one_shot=one_shot(each.one_shot)) for each in drawn.by_group
    )
    return replace(
        drawn,
        pairs=pairs(drawn.pairs),
        one_shot={shape: one_shot(trials) for shape, trials in drawn.one_shot.items()},
        by_group=tuple(groups),
    )


def _abstains(each: MeasuredModel, seen: SeenImages) -> float:
    """Return the share, 0..1, of images that the model does not know; of the fused one, neither."""
    if each.role == BASELINE:
        return 0.0
    parts = (each.model.koch, each.model.resnet50) if each.role == FUSED else (each.model,)
    return float(np.mean(np.logical_and.reduce([seen.unknown(part) for part in parts])))


def _played(main: OneShotTrials | None, seen: SeenImages) -> list[dict]:
    """Return the trials that a visitor can take: the first ones, of one shot."""
    if main is None or main.support.shape[1] > MOST_CHOICES:
        return []
    return [
        {
            "query": seen.ids[int(main.query[trial])],
            "support": [[seen.ids[int(place)] for place in shots] for shots in main.support[trial]],
            "target": int(main.target[trial]),
        }
        for trial in range(min(PLAYED, len(main.query)))
    ]


def _keep_images(workbench: Workbench, data: EvaluationData, seen: SeenImages, report: dict) -> None:
    """Store the images that the report shows in the workspace, so that they can be compared and answered."""
    number = {image_id: int(seen.numbers[place]) for place, image_id in enumerate(seen.ids)}
    for image_id in sorted(shown_ids(report)):
        if image_id not in workbench.images:
            workbench.images.add(data.read(number[image_id]))


def shown_ids(report: dict) -> set[str]:
    """Return the ids of the images that a report names."""
    found = set()
    for trial in report["play"]:
        found |= {trial["query"], *(each for shots in trial["support"] for each in shots)}
    for model in report["models"]:
        pairs = list(model["hardest"])
        pairs += [pair for cell in (model["confusion"] or {}).get("cells", []) for pair in cell["pairs"]]
        found |= {each for pair in pairs for each in (pair["left"], pair["right"])}
    return found


def _part(progress: Progress, low: float, high: float) -> Progress:
    return lambda share, words: progress(low + (high - low) * share, words)


def titles(models: Sequence[dict]) -> list[str]:
    """Return what to call the models of a report, each by a name of its own."""
    plain = [each["title"] for each in models]
    return [
        title if plain.count(title) == 1 else f"{title} ({each['checkpoint']})"
        for title, each in zip(plain, models, strict=True)
    ]
