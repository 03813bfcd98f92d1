import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

from helpers.samples import stroke_glyph
from siamese_core.errors import UserError
from siamese_core.networks.encoders import ENCODERS, SLOTS, encoder_spec
from siamese_core.networks.heads import HEADS
from siamese_core.networks.losses import LOSSES
from siamese_core.networks.preparation import prepare

SMALL = {"koch": 65, "resnet50": 32, "small_cnn": 36, "face_cnn": 32}  # px: sides that build quickly
EMBEDDING_DIM = {"koch": 4096, "resnet50": 2048, "small_cnn": 128, "face_cnn": 128}
KOCH_CONVOLUTIONS = [6464, 401_536, 262_272, 524_544]  # (filters of the layer below x side^2 + 1) x filters
KOCH_DENSE = 37_752_832  # (6 x 6 x 256 + 1) x 4096

each_encoder = pytest.mark.parametrize("name", ENCODERS)


@pytest.fixture(scope="module")
def built() -> dict[str, keras.Model]:
    keras.utils.set_random_seed(0)
    return {name: ENCODERS[name].build(side) for name, side in SMALL.items()}


def embed(encoder: keras.Model, pixels: np.ndarray) -> np.ndarray:
    return ops.convert_to_numpy(encoder(pixels.astype("float32"), training=False))


def inputs(name: str, count: int = 2, seed: int = 0) -> np.ndarray:
    spec = ENCODERS[name]
    rng = np.random.default_rng(seed)
    images = [
        prepare(stroke_glyph(rng, 80), spec.preparation, SMALL[name], spec.channels) for _ in range(count)
    ]
    return np.stack(images)


@each_encoder
def test_an_encoder_gives_finite_float32_embeddings_of_its_size(built, name):
    embeddings = embed(built[name], inputs(name))
    assert embeddings.shape == (2, EMBEDDING_DIM[name])
    assert embeddings.dtype == np.float32
    assert np.isfinite(embeddings).all()


@each_encoder
def test_different_images_get_different_embeddings_and_the_same_one_the_same(built, name):
    first, second = embed(built[name], inputs(name))
    assert np.abs(first - second).max() > 1e-4
    assert embed(built[name], inputs(name)[:1])[0] == pytest.approx(first, abs=1e-5)


@each_encoder
def test_the_range_0_to_255_is_scaled_inside(built, name):
    """Every activation stays moderate: on raw 0..255 they would be hundreds of times as large."""
    encoder, spec = built[name], ENCODERS[name]
    rescaling = next(layer for layer in encoder.layers if isinstance(layer, keras.layers.Rescaling))
    shape = (1, SMALL[name], SMALL[name], spec.channels)
    scaled = [ops.convert_to_numpy(rescaling(np.full(shape, level, "float32"))) for level in (0.0, 255.0)]
    assert sorted(float(values.mean()) for values in scaled) in ([0, 1], [-1, 1])
    if spec.preparation == "ink":
        assert (scaled[1] == 0).all()  # paper is 0, as the padding of convolutions is


def test_koch_has_exactly_the_weights_of_the_paper():
    encoder = encoder_spec("koch").build(105)
    counts = [layer.count_params() for layer in encoder.layers if layer.count_params()]
    assert counts == [*KOCH_CONVOLUTIONS, KOCH_DENSE]
    assert encoder.count_params() + 4096 + 1 == 38_951_745
    assert [tuple(layer.output.shape[1:]) for layer in encoder.layers if "conv" in layer.name] == [
        (96, 96, 64),
        (42, 42, 128),
        (18, 18, 128),
        (6, 6, 256),
    ]


def test_koch_s_embedding_is_a_sigmoid(built):
    embeddings = embed(built["koch"], inputs("koch"))
    assert embeddings.min() >= 0
    assert embeddings.max() <= 1


@pytest.mark.parametrize("name", ["small_cnn", "face_cnn"])
def test_the_third_attempt_s_networks_give_unit_vectors(built, name):
    assert np.linalg.norm(embed(built[name], inputs(name)), axis=1) == pytest.approx([1, 1], abs=1e-4)


def layers_of(model: keras.Model) -> list[keras.layers.Layer]:
    inner = [layers_of(layer) for layer in model.layers if isinstance(layer, keras.Model)]
    return [*model.layers, *(layer for layers in inner for layer in layers)]


@each_encoder
def test_an_encoder_has_no_lambda_layers(built, name):
    assert not [layer for layer in layers_of(built[name]) if isinstance(layer, keras.layers.Lambda)]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras with NumPy 2
@pytest.mark.parametrize("name", ["koch", "small_cnn", "face_cnn"])
def test_an_encoder_reloads_in_safe_mode(built, name, tmp_path):
    built[name].save(tmp_path / "encoder.keras")
    reloaded = keras.models.load_model(tmp_path / "encoder.keras", safe_mode=True)
    assert embed(reloaded, inputs(name)) == pytest.approx(embed(built[name], inputs(name)), abs=1e-6)


@each_encoder
def test_a_spec_names_what_there_is(name):
    spec = encoder_spec(name)
    assert spec.name == name
    assert spec.head in HEADS
    assert spec.loss in LOSSES
    assert spec.channels in (1, 3)
    assert dataclasses.replace(spec, size=8).size == 8


def test_the_page_s_slots_are_encoders():
    assert set(SLOTS) <= set(ENCODERS)


def test_an_unknown_encoder_gets_the_choices():
    with pytest.raises(UserError, match="koch, resnet50, small_cnn, face_cnn. Received: 'vgg'"):
        encoder_spec("vgg")
