"""Comparing and ranking with real small checkpoints in both slots."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from helpers.small_checkpoints import SIZE, ship_small, small_checkpoint
from siamese_core.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.encoder_files import ENCODER_FILE
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.embedding_store import EmbeddingCache
from siamese_core.workspace.matching import Matcher

ROUNDING = 1e-5  # on some processors the last digits depend on how many images go through together


def noise(count: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return list(rng.integers(0, 256, (count, 40, 40, 3), dtype=np.uint8))


def classes(count: int, shots: int = 1) -> list[tuple[str, np.ndarray]]:
    return [(f"class {index // shots}", image) for index, image in enumerate(noise(count * shots, seed=5))]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Path:
    return ship_small(tmp_path_factory.mktemp("shipped"), *SLOTS)


@pytest.fixture(scope="module")
def served(shipped, tmp_path_factory) -> Matcher:
    """A matcher that tests share; none changes what it serves."""
    return Matcher(CheckpointStore(tmp_path_factory.mktemp("workspace"), shipped))


@pytest.fixture
def store(shipped, workspace) -> CheckpointStore:
    return CheckpointStore(workspace, shipped)


def saved_to(store: CheckpointStore, seed: int, threshold: float = 0.5) -> str:
    checkpoint = small_checkpoint(seed)
    checkpoint.threshold = threshold
    return save_checkpoint(checkpoint, store.new_folder("small_cnn"), quantise=True).id


# Verdicts, comparisons, rankings


def test_a_comparison_is_what_the_checkpoint_says_step_by_step(served, shipped):
    left, right = noise(2)
    for comparison in served.compare(left, right):
        checkpoint = load_checkpoint(shipped / comparison.encoder)
        logit = checkpoint.logits(checkpoint.embed([left]), checkpoint.embed([right]))
        assert comparison.similarity == pytest.approx(float(checkpoint.similarity(logit)[0]), abs=1e-5)
        assert comparison.checkpoint == checkpoint.id and comparison.threshold == checkpoint.threshold
        assert comparison.same == (comparison.similarity >= comparison.threshold)
        assert comparison.milliseconds > 0
    assert [each.encoder for each in served.compare(left, right)] == list(SLOTS)


def test_the_order_of_a_pair_means_nothing(served):
    left, right = noise(2, seed=1)
    there, back = served.compare(left, right), served.compare(right, left)
    assert [each.similarity for each in there] == [each.similarity for each in back]


def test_only_the_encoders_that_are_asked_for_answer(served):
    left, right = noise(2)
    assert [each.encoder for each in served.compare(left, right, ["resnet50"])] == ["resnet50"]


def test_a_ranking_has_the_likest_first_and_its_margin(served):
    query, support = noise(1)[0], classes(6)
    for ranking in served.one_shot(query, support):
        similarities = [each.similarity for each in ranking.ranking]
        assert sorted(similarities, reverse=True) == similarities
        assert {each.name for each in ranking.ranking} == {name for name, _ in support}
        assert ranking.pick == ranking.ranking[0].name
        assert ranking.margin == pytest.approx(similarities[0] - similarities[1])
        assert ranking.none_of_these == (similarities[0] < ranking.threshold)


def test_with_one_image_a_class_the_similarity_is_that_of_the_pair(served):
    query, support = noise(1)[0], classes(4)
    for ranking in served.one_shot(query, support):
        for name, image in support:
            ranked = next(each.similarity for each in ranking.ranking if each.name == name)
            pair = served.compare(query, image, [ranking.encoder])[0].similarity
            assert ranked == pytest.approx(pair, abs=1e-5)


def test_with_several_images_a_class_has_their_mean_logit(served):
    query, support = noise(1)[0], classes(3, shots=4)
    checkpoint = served.checkpoint("koch")
    one = checkpoint.embed([query])
    for ranked in served.one_shot(query, support, ["koch"])[0].ranking:
        images = [image for name, image in support if name == ranked.name]
        logits = [checkpoint.logits(one, checkpoint.embed([image]))[0] for image in images]
        assert ranked.similarity == pytest.approx(checkpoint.similarity(np.mean(logits)), abs=1e-5)


def test_the_query_itself_is_found_among_five_hundred(served):
    support = classes(500)
    query = support[321][1]
    for ranking in served.one_shot(query, support):
        assert ranking.pick == "class 321" and len(ranking.ranking) == 500


def test_one_support_image_is_ranked_without_margin(served):
    ranking = served.one_shot(noise(1)[0], classes(1))[0]
    assert ranking.pick == "class 0" and ranking.margin == 0.0


def test_an_empty_support_set_is_told(served):
    with pytest.raises(UserError, match="support set.*no images"):
        served.one_shot(noise(1)[0], [])


@pytest.mark.parametrize(("threshold", "none_of_these"), [(0.0, False), (1.0, True)])
def test_none_of_these_is_the_verdict_on_the_pick(store, threshold, none_of_these):
    store.promote(saved_to(store, 11, threshold), slot="koch")
    matcher = Matcher(store)
    ranking = matcher.one_shot(noise(1)[0], classes(4), ["koch"])[0]
    assert ranking.threshold == threshold
    assert ranking.none_of_these is none_of_these
    assert matcher.compare(*noise(2), ["koch"])[0].same is not none_of_these


def test_what_the_encoder_sees_is_shown(served):
    image = noise(1)[0]
    prepared = served.prepared("koch", image)
    assert prepared.shape == (SIZE, SIZE, 3) and prepared.dtype == np.uint8
    np.testing.assert_array_equal(prepared, served.checkpoint("koch").prepare(image))


# Embeddings and their cache


def test_an_image_is_embedded_once(store):
    matcher = Matcher(store)
    query, support = noise(1)[0], classes(5)
    before = matcher.one_shot(query, support, ["koch"])[0]
    encoder = matcher.checkpoint("koch").encoder
    encoder.set_weights(
        [0 * weight for weight in encoder.get_weights()]
    )  # what is embedded now comes out equal
    assert matcher.one_shot(query, support, ["koch"])[0].ranking == before.ranking
    changed = matcher.one_shot(query, classes(6), ["koch"])[0]
    assert [r for r in changed.ranking if r.name != "class 5"] == list(before.ranking)
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


# Loading


def test_loading_in_the_background_ends_ready(store):
    matcher = Matcher(store)
    assert [matcher.state(slot) for slot in SLOTS] == ["waiting", "waiting"]
    assert matcher.served_id("koch") is None
    thread = matcher.load_in_background()
    assert {matcher.state(slot) for slot in SLOTS} <= {"waiting", "loading", "ready"}
    thread.join(timeout=120)
    assert [matcher.state(slot) for slot in SLOTS] == ["ready", "ready"]
    assert [matcher.problem(slot) for slot in SLOTS] == [None, None]
    assert matcher.served_id("koch") == store.current_id("koch")


def test_a_slot_that_cannot_be_loaded_fails_alone(shipped, tmp_path):
    broken = Path(shutil.copytree(shipped, tmp_path / "shipped"))
    (broken / "koch" / ENCODER_FILE).write_bytes(b"half")
    matcher = Matcher(CheckpointStore(tmp_path / "workspace", broken))
    matcher.load_in_background().join(timeout=120)
    assert matcher.state("koch") == "failed" and ENCODER_FILE in matcher.problem("koch")
    assert matcher.state("resnet50") == "ready"
    with pytest.raises(UserError, match=ENCODER_FILE):
        matcher.compare(*noise(2))
    assert matcher.compare(*noise(2), ["resnet50"])


def test_a_slot_without_a_checkpoint_serves_as_soon_as_one_is_promoted(workspace, tmp_path):
    store = CheckpointStore(workspace, tmp_path / "nothing")
    matcher = Matcher(store)
    matcher.load_in_background().join(timeout=120)
    assert matcher.state("koch") == "failed" and "train" in matcher.problem("koch")
    promoted = saved_to(store, 12)
    store.promote(promoted, slot="koch")
    assert matcher.compare(*noise(2), ["koch"])[0].checkpoint == promoted
    assert matcher.state("koch") == "ready" and matcher.problem("koch") is None


def test_an_unknown_encoder_is_told_with_the_choices(store):
    with pytest.raises(UserError, match="small_cnn"):
        Matcher(store).compare(*noise(2), ["transformer"])


def test_a_promoted_checkpoint_serves_from_the_next_comparison_on(store):
    matcher = Matcher(store)
    before = matcher.compare(*noise(2), ["koch"])[0]
    promoted = saved_to(store, 13)
    store.promote(promoted, slot="koch")
    after = matcher.compare(*noise(2), ["koch"])[0]
    assert after.checkpoint == promoted == matcher.served_id("koch")
    assert after.similarity != before.similarity
    store.rollback("koch")
    assert matcher.compare(*noise(2), ["koch"])[0].similarity == before.similarity


def test_a_slot_whose_pointer_did_not_move_is_not_loaded_again(store):
    matcher = Matcher(store)
    koch = matcher.checkpoint("koch")
    store.promote(saved_to(store, 14), slot="resnet50")
    assert matcher.checkpoint("koch") is koch


def test_a_promoted_checkpoint_that_was_damaged_since_leaves_the_one_before_serving(store):
    matcher = Matcher(store)
    before = matcher.compare(*noise(2), ["koch"])[0]
    promoted = saved_to(store, 15)
    store.promote(promoted, slot="koch")
    (store.folder(promoted) / ENCODER_FILE).write_bytes(b"half")
    after = matcher.compare(*noise(2), ["koch"])[0]
    assert (after.checkpoint, after.similarity) == (before.checkpoint, before.similarity)
    assert matcher.state("koch") == "ready" and ENCODER_FILE in matcher.problem("koch")
    store.rollback("koch")
    matcher.compare(*noise(2), ["koch"])
    assert matcher.problem("koch") is None


def test_a_pointer_that_leads_nowhere_is_told_while_the_shipped_one_serves(store):
    promoted = saved_to(store, 16)
    store.promote(promoted, slot="koch")
    shutil.rmtree(store.folder(promoted))
    matcher = Matcher(store)
    assert matcher.compare(*noise(2), ["koch"])[0].checkpoint != promoted
    assert matcher.state("koch") == "ready" and promoted in matcher.problem("koch")


def test_following_serves_what_was_promoted_before_anybody_asks(store):
    matcher = Matcher(store)
    matcher.load_in_background().join()
    assert matcher.follow() is None
    promoted = saved_to(store, 17)
    store.promote(promoted, slot="koch")
    matcher.follow().join()
    assert matcher.served_id("koch") == promoted


def test_many_threads_load_once_and_agree(store, served):
    matcher = Matcher(store)
    images = noise(8, seed=4)
    together = threading.Barrier(8)
    answers, loaded = {}, set()

    def ask(index: int) -> None:
        together.wait()
        said = matcher.compare(images[index], images[(index + 1) % 8])
        answers[index] = [each.similarity for each in said]
        loaded.update(id(matcher.checkpoint(slot)) for slot in SLOTS)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(loaded) == 2
    for index in range(8):
        alone = served.compare(images[index], images[(index + 1) % 8])
        assert answers[index] == pytest.approx([each.similarity for each in alone], abs=ROUNDING)
