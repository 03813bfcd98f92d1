"""Handwriting or photographs."""

from siamese_core.checkpoints.domains import (
    HANDWRITING,
    LOOKED_AT,
    PHOTOGRAPHS,
    domain_of_images,
    picked_because,
    some_of,
)


def test_images_are_handwriting_only_if_most_are_ink():
    assert domain_of_images([True, True]) == HANDWRITING
    assert domain_of_images([True, False]) == PHOTOGRAPHS
    assert domain_of_images([True, True, False]) == HANDWRITING
    assert domain_of_images([False] * 3) == PHOTOGRAPHS


def test_the_reason_counts_what_it_saw():
    assert picked_because([True, True]) == "both images are ink"
    assert picked_because([False] * 3) == "all images are photographs"
    assert picked_because([True, False]) == "1 of 2 images is ink, the other a photograph"
    assert picked_because([True, True, False]) == "2 of 3 images are ink, the other a photograph"
    assert picked_because([True, False, False]) == "1 of 3 images is ink, the others photographs"


def test_some_of_many_are_spread_over_all_of_them():
    assert some_of(3) == [0, 1, 2] and some_of(0) == []
    many = some_of(1000)
    assert len(many) == len(set(many)) == LOOKED_AT
    assert many[0] == 0 and 950 < many[-1] < 1000
