"""Near-duplicates: images almost as alike as an image to itself, for every encoder."""

import numpy as np

from siamese_core.searching.gallery import Gallery
from siamese_core.searching.near_duplicates import duplicate_limit, near_duplicates


def test_the_limit_lies_a_tenth_of_the_way_to_random_pairs():
    assert duplicate_limit(np.array([10.0, 10.0]), np.array([0.0, -10.0, 10.0])) == 9.0


def test_copies_with_a_little_noise_share_a_group_and_others_do_not(checkpoint, embeddings):
    some = embeddings[:6]
    rows = np.concatenate([some, some[:2] * 1.001, some[:1] * 0.999])
    groups = near_duplicates([Gallery(checkpoint, embeddings)], [rows])
    assert groups[0] == groups[6] == groups[8] and groups[1] == groups[7]
    assert groups[0] != groups[1]


def test_every_encoder_must_find_them_alike(checkpoint, embeddings):
    gallery = Gallery(checkpoint, embeddings)
    copies, apart = np.tile(embeddings[:1], (2, 1)), embeddings[[0, 1]]
    assert len(set(near_duplicates([gallery, gallery], [copies, copies]))) == 1
    assert len(set(near_duplicates([gallery, gallery], [copies, apart]))) == 2


def test_a_gallery_of_one_image_tells_nothing(checkpoint, embeddings):
    groups = near_duplicates([Gallery(checkpoint, embeddings[:1])], [np.tile(embeddings[:1], (3, 1))])
    assert groups.tolist() == [0, 1, 2]
