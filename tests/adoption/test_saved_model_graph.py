"""SavedModel folders: the embedding is found and kept as one graph; what touches files is refused."""

import numpy as np
import pytest
import tensorflow as tf

from helpers.own_networks import SIDE, classifier, tower
from siamese_core.adoption.pixel_values import usual_values
from siamese_core.adoption.saved_model_graph import read_saved_model
from siamese_core.errors import UserError

PIXELS = np.random.default_rng(0).uniform(0, 255, (3, SIDE, SIDE, 3)).astype("float32")


def test_the_embedding_before_a_classifier_is_kept(tmp_path):
    classifier().export(tmp_path / "own", verbose=False)
    graph = read_saved_model(tmp_path / "own", None)
    assert [each.dim for each in graph.outputs] == [16, 5]
    kept = graph.keep(graph.outputs[0], usual_values(3)[0], tmp_path)
    assert (kept.input_shape, kept.output_shape) == ((None, SIDE, SIDE, 3), (None, 16))
    np.testing.assert_allclose(kept(PIXELS), tower()(PIXELS / 127.5 - 1), atol=1e-4)


def test_operators_that_touch_files_are_refused_and_not_run(tmp_path):
    class Writes(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, SIDE, SIDE, 3))])
        def embed(self, images):
            tf.io.write_file(str(tmp_path / "written"), "x")
            return tf.reduce_mean(images, (1, 2))

    module = Writes()
    tf.saved_model.save(module, str(tmp_path / "own"), signatures=module.embed)
    with pytest.raises(UserError, match="WriteFile"):
        read_saved_model(tmp_path / "own", None)
    assert not (tmp_path / "written").exists()


def test_a_folder_that_is_damaged_is_told(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"nonsense")
    with pytest.raises(UserError, match="TensorFlow can load"):
        read_saved_model(tmp_path, None)
