"""The treatments of pixels that the frozen features are judged under."""

import numpy as np

from siamese_core.casestudies.frozen_features import OWN, RAW, TREATMENTS


def test_own_preprocessing_is_bgr_less_the_mean_of_imagenet():
    pixel = np.array([[[[255, 0, 100]]]], "float32")
    np.testing.assert_allclose(
        TREATMENTS[OWN](pixel)[0, 0, 0], [100 - 103.939, -116.779, 255 - 123.68], rtol=1e-5
    )
    np.testing.assert_array_equal(TREATMENTS[RAW](pixel), pixel)
