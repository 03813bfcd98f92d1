"""Comparing and ranking with real small checkpoints in both slots."""

import numpy as np
import pytest

from helpers.small_checkpoints import SIZE
from helpers.workspaces import classes, noise, saved_to
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.matching import Matcher


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


def test_a_ranking_has_the_most_similar_first_and_its_margin(served):
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
