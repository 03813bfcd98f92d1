"""A workspace of an earlier version: its checkpoints serve, and its embeddings are taken for no others.

Earlier versions named embeddings by the encoder's files and the preparation, and not by the network: the same
ImageNet weights read by another network had the same name.
"""

import hashlib
from pathlib import Path

import keras
import numpy as np
import pytest

from helpers.samples import image_file, photograph
from helpers.small_checkpoints import ship_small
from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.encoder_files import ENCODER_FILE
from siamese_core.embeddings.embedding_store import EmbeddingStore, open_embedding_store
from siamese_core.labelling.pool import Pool
from siamese_core.metrics import Calibration
from siamese_core.networks import encoders
from siamese_core.networks.embedding_spec import build_network, with_copies
from siamese_core.networks.heads import make_head
from siamese_core.review.rescoring import SecondLook
from siamese_core.workspace.workbench import Workbench

SIZE, DIM = 8, 4
EARLIER, NOW = "resnet50_imagenet", "resnet50_photographs"


def network(twice: bool) -> keras.Model:
    """The same weights, read once by the earlier network and twice by today's."""
    images = keras.Input((SIZE, SIZE, 3))
    features = keras.layers.Dense(DIM, name="features")(keras.layers.Flatten()(images))
    outputs = keras.ops.concatenate([features, keras.ops.square(features)], axis=-1) if twice else features
    return keras.Model(images, outputs)


@pytest.fixture
def small_networks(monkeypatch):
    for name, twice in ((EARLIER, False), (NOW, True)):
        spec = encoders.EncoderSpec(
            "resnet50",
            "ResNet50",
            SIZE,
            3,
            "plain",
            "cosine",
            "pairwise",
            lambda size, twice=twice: network(twice),
        )
        monkeypatch.setitem(encoders.PRETRAINED, name, spec)


def saved(bench: Workbench, name: str, intercept: float = 0.0) -> Checkpoint:
    """A checkpoint for photographs, its weights always the same."""
    card = CheckpointCard(
        encoder="resnet50",
        network=name,
        head="cosine",
        size=SIZE,
        channels=3,
        preparation="plain",
        mirrored=True,
        domain="photographs",
    )
    keras.utils.set_random_seed(5)
    encoder = with_copies(build_network(card.embedding), card.embedding)
    made = Checkpoint("", "resnet50", encoder, make_head("cosine"), Calibration(5.0, intercept), 0.5, card)
    return save_checkpoint(made, bench.checkpoints.new_folder("resnet50"), quantise=False)


def earlier_name(folder: Path) -> str:
    """As an earlier version named the embeddings of the checkpoint in `folder`."""
    digest = hashlib.sha256((folder / ENCODER_FILE).read_bytes())
    digest.update(repr(["plain", SIZE, 3, None, True]).encode())
    return f"resnet50-{digest.hexdigest()[:16]}"


@pytest.fixture
def bench(small_networks, tmp_path) -> Workbench:
    """The earlier checkpoint serves; both images were embedded by an earlier version."""
    bench = Workbench(tmp_path / "workspace", ship_small(tmp_path / "shipped", "koch", "resnet50"))
    earlier = saved(bench, EARLIER)
    bench.checkpoints.promote(earlier.id)
    images = [photograph(np.random.default_rng(seed)) for seed in (1, 2)]
    ids = [bench.images.add(image) for image in images]
    for image_id, image in zip(ids, images, strict=True):
        (tmp_path / f"{image_id}.png").write_bytes(image_file(image))
    folder = bench.embeddings_folder / earlier_name(bench.checkpoints.folder(earlier.id))
    EmbeddingStore(folder, DIM).append(ids, np.full((2, DIM), 9, np.float32))
    return bench


def embedded(bench: Workbench) -> tuple[Checkpoint, np.ndarray]:
    """The checkpoint that serves photographs, and what the pool has stored of both images."""
    pool = Pool(bench)
    pool.files.add_folder(bench.workspace.parent)
    pool.work()
    resnet50 = pool.embedded()[1]
    return resnet50.checkpoint, resnet50.store.take(bench.images.ids())


def test_the_earlier_checkpoint_serves_and_embeds_anew(bench):
    checkpoint, rows = embedded(bench)
    assert checkpoint.card.network == EARLIER and rows.shape == (2, DIM)
    np.testing.assert_allclose(
        rows, checkpoint.embed([*map(bench.images.read, bench.images.ids())]), rtol=1e-4
    )


def test_the_same_weights_in_another_network_have_embeddings_of_their_own(bench):
    earlier, former = embedded(bench)
    now = saved(bench, NOW, intercept=1.0)
    assert earlier_name(bench.checkpoints.folder(now.id)) == earlier_name(
        bench.checkpoints.folder(earlier.id)
    )
    bench.checkpoints.promote(now.id, "resnet50")
    checkpoint, rows = embedded(bench)
    assert checkpoint.id == now.id and rows.shape == (2, 2 * DIM)
    np.testing.assert_allclose(rows[:, :DIM], former, rtol=1e-4)
    assert open_embedding_store(bench.embeddings_folder, earlier).dim == DIM


def test_another_network_s_checkpoint_says_nothing_of_these_embeddings(bench):
    now, alike = saved(bench, NOW, intercept=1.0), saved(bench, NOW, intercept=2.0)
    bench.checkpoints.promote(now.id, "resnet50")
    serving = bench.matcher.checkpoint("resnet50", "photographs")
    assert [each.id for each in SecondLook(bench)._others(serving)] == [alike.id]
