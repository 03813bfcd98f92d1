"""Every image is embedded once for each encoder, alone or among others."""

import numpy as np
import pytest

from helpers.small_checkpoints import SIZE
from helpers.workspaces import ROUNDING, classes, noise
from siamese_core.embeddings.embedding_store import EmbeddingCache
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.matching import Matcher


def test_an_image_is_embedded_once(store):
    matcher = Matcher(store)
    query, support = noise(1)[0], classes(3)  # too few to be a cohort
    before = matcher.one_shot(query, support, ["koch"])[0]
    encoder = matcher.checkpoint("koch").encoder
    encoder.set_weights(
        [0 * weight for weight in encoder.get_weights()]
    )  # what is embedded now comes out equal
    assert matcher.one_shot(query, support, ["koch"])[0].ranking == before.ranking
    changed = matcher.one_shot(query, classes(4), ["koch"])[0]
    assert [r for r in changed.ranking if r.name != "class 3"] == list(before.ranking)
    assert np.ptp(matcher.embed("koch", noise(3, seed=9)), axis=0).max() == 0


def test_a_stored_image_is_read_once_and_ranked_like_any_other(store):
    matcher, support, query, read = Matcher(store), classes(3), noise(1)[0], []

    def reading(name: str) -> np.ndarray:
        read.append(name)
        return dict(support)[name]

    stored = [(name, StoredImage(name, reading)) for name, _ in support]
    for _ in range(2):
        said, expected = matcher.one_shot(query, stored), matcher.one_shot(query, support)
        for ours, theirs in zip(said, expected, strict=True):
            assert [each.name for each in ours.ranking] == [each.name for each in theirs.ranking]
            found = [each.similarity for each in ours.ranking]
            assert found == pytest.approx([each.similarity for each in theirs.ranking], abs=ROUNDING)
    assert sorted(read) == sorted(
        3 * [name for name, _ in support]
    )  # once an encoder, and to tell what it is


def test_images_that_the_encoder_sees_alike_are_embedded_alike_alone_or_among_others(store):
    on_white = np.full((SIZE, SIZE, 3), 255, np.uint8)
    on_white[4:44] = np.tile(noise(1)[0], (1, 2, 1))[:, :SIZE]
    wide = on_white[4:44]
    first, second = Matcher(store), Matcher(store)
    np.testing.assert_array_equal(first.prepared("koch", wide), first.prepared("koch", on_white))
    alone = first.embed("koch", [wide])[0]
    among_others = second.embed("koch", [*noise(6), on_white])[6]
    np.testing.assert_allclose(among_others, alone, rtol=0, atol=ROUNDING)
    np.testing.assert_array_equal(first.embed("koch", [on_white])[0], alone)


def test_embeddings_come_in_the_order_of_the_images_repeated_ones_too(served):
    images = noise(3, seed=2)
    order = [2, 0, 2, 1, 0]
    rows = served.embed("resnet50", [images[index] for index in order])
    expected = served.checkpoint("resnet50").embed(images)
    np.testing.assert_allclose(rows, expected[order], rtol=1e-4, atol=1e-6)


def test_no_images_have_no_embeddings(served):
    assert served.embed("koch", []).shape == (0, 128)


def test_more_images_than_the_cache_holds_are_embedded_all_the_same(store, served):
    row = 128 * 4
    matcher = Matcher(store, cache=EmbeddingCache(limit=3 * row))
    images = noise(10, seed=3)
    np.testing.assert_array_equal(matcher.embed("koch", images), served.embed("koch", images))
    assert matcher.cache.bytes == 3 * row
