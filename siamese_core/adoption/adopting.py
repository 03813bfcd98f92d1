"""Adopt a network: open it, read it, verify its preparation, calibrate it, and make a checkpoint of it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_core.adoption.graph import Graph
from siamese_core.adoption.keras_graph import read_keras
from siamese_core.adoption.known_pairs import KnownPairs, pairs_of_answers, pairs_of_classes
from siamese_core.adoption.onnx_graph import read_onnx
from siamese_core.adoption.opening import OpenedFile, open_file
from siamese_core.adoption.saved_model_graph import read_saved_model
from siamese_core.adoption.verifying import FITTINGS, Verified, verify
from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.data.progress import Progress
from siamese_core.data.sampling import members
from siamese_core.metrics import Calibration, best_threshold, fit_calibration
from siamese_core.networks.kept_network import ADOPTED
from siamese_core.training.validation import PrecomputedModel, calibrate
from siamese_core.workspace.workbench import Workbench

HEAD = "cosine"
CALIBRATED_ON = (100, 8)  # classes, and images of each, at most: 800 images


@dataclass(frozen=True)
class AdoptionRequest:
    """What to adopt, and where it will serve.

    file: a path or `hub:OWNER/NAME[/FILE]`; slot, domain: where the checkpoint will serve; data: class
    folders, none for the answers in the log; output: the name of the embedding, None to find it; size: of the
    input in px where the network leaves it free.
    """

    file: str
    slot: str
    domain: str
    data: Sequence[Path] = ()
    output: str | None = None
    size: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Adoption:
    """A checkpoint that was made of a network, and what was found out about it."""

    checkpoint: Checkpoint
    folder: Path
    opened: OpenedFile
    graph: Graph
    known: KnownPairs
    verified: Verified

    def json(self) -> dict:
        taken = self.graph.input
        return {
            "checkpoint": self.checkpoint.id,
            "preprocessing": self.verified.chosen.preprocessing,
            "folder": str(self.folder),
            "slot": self.checkpoint.encoder_name,
            "domain": self.checkpoint.card.domain,
            "file": self.opened.source,
            "sha256": self.opened.sha256,
            "format": self.graph.kind,
            "input": {
                "height": taken.height,
                "width": taken.width,
                "channels": taken.channels,
                "layout": taken.layout,
                "normalisation_inside": self.graph.inside,
            },
            "outputs": [vars(each) for each in self.graph.outputs],
            "output": self.verified.chosen.output.name,
            "values": self.verified.chosen.values.name,
            "fitting": FITTINGS[self.verified.chosen.preparation],
            "tried_on": self.known.source,
            "tried": [each.json() for each in self.verified.trials],
            "notes": [*self.graph.notes, *self.verified.notes],
            "trains": self.graph.kind == "Keras",
            "metrics": self.checkpoint.card.metrics,
            "threshold": self.checkpoint.threshold,
        }


def adopt(workbench: Workbench, request: AdoptionRequest, progress: Progress) -> Adoption:
    """Make a checkpoint of a network and let it serve its domain in its slot.

    UserError where the network cannot be adopted, or too few pairs are known to try it on.
    """
    opened = open_file(request.file, progress)
    rng = np.random.default_rng(request.seed)
    dataset = load_dataset(request.data) if request.data else None
    known = pairs_of_answers(workbench, rng) if dataset is None else pairs_of_classes(dataset, rng)
    progress(0.1, f"reading {opened.path.name}")
    graph = _read(opened, request.size)
    verified = verify(graph, known, (request.domain, request.output), opened.stated, progress)
    with tempfile.TemporaryDirectory() as folder:
        chosen = verified.chosen
        network = graph.keep(chosen.output, chosen.values, Path(folder))
        card = _card(request, opened, graph, verified)
        checkpoint = _calibrated(
            Checkpoint("", request.slot, network, _head(), Calibration(1.0, 0.0), 0.5, card),
            dataset,
            known,
            progress,
        )
        progress(0.95, "saving the checkpoint")
        store = workbench.checkpoints
        kept = store.new_folder(request.slot)
        saved = save_checkpoint(checkpoint, kept, quantise=False)
    store.promote(saved.id, request.slot)
    return Adoption(saved, kept, opened, graph, known, verified)


def _head():
    from siamese_core.networks.heads import make_head

    return make_head(HEAD)


def _read(opened: OpenedFile, size: int | None) -> Graph:
    stated = opened.stated.size if opened.stated else None
    wanted = (size, size) if size else stated
    if opened.path.is_dir():
        return read_saved_model(opened.path, wanted)
    if opened.path.suffix.lower() == ".onnx":
        return read_onnx(opened.path, wanted)
    return read_keras(opened.path, wanted)


def _card(request: AdoptionRequest, opened: OpenedFile, graph: Graph, verified: Verified) -> CheckpointCard:
    taken, chosen = graph.input, verified.chosen
    return CheckpointCard(
        encoder=request.slot,
        head=HEAD,
        size=taken.height,
        width=None if taken.width == taken.height else taken.width,
        channels=taken.channels,
        preparation=chosen.preparation,
        network=ADOPTED,
        domain=request.domain,
        trained_on=request.domain,
        seed=request.seed,
        adopted={
            "file": opened.source,
            "sha256": opened.sha256,
            "format": graph.kind,
            "layout": taken.layout,
            "normalisation_inside": graph.inside,
            "output": chosen.output.name,
            "values": chosen.values.name,
            "trials": [each.json() for each in verified.trials],
            "notes": [*graph.notes, *verified.notes],
        },
    )


def _calibrated(
    checkpoint: Checkpoint, dataset: Dataset | None, known: KnownPairs, progress: Progress
) -> Checkpoint:
    """Fit calibration and threshold to images of the classes, or to the answered pairs."""
    progress(0.75, "calibrating")
    if dataset is None:
        embeddings = checkpoint.embed(known.images)
        logits = checkpoint.logits(embeddings[known.left], embeddings[known.right])
        checkpoint.calibration = fit_calibration(logits, known.same)
        checkpoint.threshold = best_threshold(checkpoint.similarity(logits), known.same)
        return checkpoint
    rng = np.random.default_rng([checkpoint.card.seed, 1])
    places = _sample(dataset, rng)
    embeddings = checkpoint.embed([dataset.image(int(place)) for place in places])
    found = calibrate(PrecomputedModel(checkpoint, embeddings), dataset.labels[places], rng)
    checkpoint.calibration, checkpoint.threshold = found.calibration, found.threshold
    checkpoint.note(metrics={"verification": found.metrics})
    return checkpoint


def _sample(dataset: Dataset, rng: np.random.Generator) -> np.ndarray:
    """Return the numbers of some images of some classes that have two or more."""
    classes, images = CALIBRATED_ON
    several = [found for found in members(dataset.labels).values() if len(found) > 1]
    chosen = [several[place] for place in rng.permutation(len(several))[:classes]]
    return np.concatenate([rng.permutation(found)[:images] for found in chosen])
