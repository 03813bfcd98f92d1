"""What the frozen features and the network beside them are given."""

import numpy as np

from siamese_core.casestudies.frozen_features import LEAST_KOCH, OWN, RAW, TREATMENTS
from siamese_core.networks.encoders import ENCODERS


def test_own_preprocessing_is_bgr_less_the_mean_of_imagenet():
    pixel = np.array([[[[255, 0, 100]]]], "float32")
    np.testing.assert_allclose(
        TREATMENTS[OWN](pixel)[0, 0, 0], [100 - 103.939, -116.779, 255 - 123.68], rtol=1e-5
    )
    np.testing.assert_array_equal(TREATMENTS[RAW](pixel), pixel)


def test_kochs_network_can_be_built_for_the_smallest_photographs():
    assert ENCODERS["koch"].build(LEAST_KOCH).output_shape == (None, 4096)
