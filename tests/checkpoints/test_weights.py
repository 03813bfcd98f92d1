"""Weights in a small file: what comes back, how large it is, and what damage does."""

import numpy as np
import pytest

from siamese_core.checkpoints import weights
from siamese_core.checkpoints.weights import NamedArray
from siamese_core.errors import UserError


def network(rng: np.random.Generator) -> list[NamedArray]:
    """A small convolution, a matrix and their biases."""
    shapes = {"conv/kernel": (5, 5, 8, 32), "conv/bias": (32,), "dense/kernel": (80, 64), "dense/bias": (64,)}
    return [NamedArray(path, rng.normal(0, 0.1, shape).astype(np.float32)) for path, shape in shapes.items()]


def stored(file, arrays, bits_of=weights.default_bits) -> list[NamedArray]:
    weights.write_packed(file, weights.pack(arrays, bits_of))
    return weights.unpack(weights.read_packed(file))


def as_floats(array: NamedArray) -> int:
    return weights.FLOAT_BITS


def naive_error(column: np.ndarray, top: int) -> float:
    """The least squared error of a column in float64, over every clip, one at a time."""
    errors = []
    for clip in weights.CLIPS:
        scale = np.abs(column).max() * clip / top
        errors.append(sum((np.clip(round(x / scale), -top, top) * scale - x) ** 2 for x in column))
    return min(errors)


def test_floats_come_back_exactly_in_order(tmp_path):
    arrays = network(np.random.default_rng(0))
    back = stored(tmp_path / "w.npz", arrays, as_floats)
    assert [array.path for array in back] == [array.path for array in arrays]
    for before, after in zip(arrays, back, strict=True):
        assert after.values.dtype == np.float32
        np.testing.assert_array_equal(before.values, after.values)


def test_only_large_arrays_of_several_dimensions_lose_anything(tmp_path):
    arrays = network(np.random.default_rng(1))
    back = stored(tmp_path / "w.npz", arrays)
    exact = [np.array_equal(a.values, b.values) for a, b in zip(arrays, back, strict=True)]
    assert exact == [False, True, False, True]
    assert all(a.values.shape == b.values.shape for a, b in zip(arrays, back, strict=True))


@pytest.mark.parametrize(
    ("shape", "bits"),
    [
        ((4_000_001,), 32),
        ((64, 64), 32),
        ((64, 65), 8),
        ((2000, 2000), 8),
        ((2000, 2001), 6),
        ((3, 3, 700, 700), 8),
        ((), 32),
    ],
)
def test_bits_follow_shape_and_size(shape, bits):
    assert weights.default_bits(NamedArray("kernel", np.broadcast_to(np.float32(0), shape))) == bits


@pytest.mark.parametrize("bits", [2, 4, 6, 8])
def test_the_error_is_that_of_the_best_clip_by_a_float64_oracle(bits):
    rng = np.random.default_rng(2)
    values = (rng.standard_t(4, (300, 7)) * 10.0 ** np.arange(-4, 3)).astype(np.float32)
    levels, scale = weights.quantise(values, bits)
    top = 2 ** (bits - 1) - 1
    assert levels.dtype == np.int8 and np.abs(levels.astype(int)).max() <= top
    back = levels.astype(np.float64) * scale
    for column in range(7):
        error = np.square(back[:, column] - values[:, column]).sum()
        assert error == pytest.approx(naive_error(values[:, column].astype(np.float64), top), rel=1e-4)


def test_eight_bits_stay_within_half_a_step_where_nothing_is_clipped():
    values = np.random.default_rng(3).uniform(-1, 1, (400, 600)).astype(np.float32)  # more than one block
    levels, scale = weights.quantise(values, 8)
    inside = np.abs(levels) < 127
    error = np.abs(levels.astype(np.float64) * scale - values)
    assert (error <= 0.5001 * scale)[inside].all()
    assert np.abs(error).max() < 0.06


def test_each_column_has_its_own_scale():
    values = np.random.default_rng(4).normal(size=(3, 3, 40, 2)).astype(np.float32) * [1.0, 1e-6]
    levels, scale = weights.quantise(values, 8)
    relative = np.abs(levels * scale - values).max(axis=(0, 1, 2)) / np.abs(values).max(axis=(0, 1, 2))
    assert (relative < 0.1).all()


def test_columns_of_zeros_stay_zero():
    values = np.zeros((100, 50), np.float32)
    values[:, 3] = np.linspace(-1, 1, 100)
    levels, scale = weights.quantise(values, 6)
    assert np.isfinite(scale).all()
    assert not np.delete(levels, 3, axis=1).any() and levels[:, 3].any()


def test_storing_what_was_loaded_changes_nothing_more(tmp_path):
    once = stored(tmp_path / "once.npz", network(np.random.default_rng(5)))
    twice = stored(tmp_path / "twice.npz", once)
    for before, after in zip(once, twice, strict=True):
        np.testing.assert_allclose(after.values, before.values, rtol=1e-6)


def test_a_large_matrix_takes_less_than_six_bits_a_weight(tmp_path):
    matrix = np.random.default_rng(6).normal(size=(2000, 2001)).astype(np.float32)
    file = tmp_path / "w.npz"
    back = stored(file, [NamedArray("dense/kernel", matrix)])[0].values
    assert file.stat().st_size * 8 / matrix.size < 5.7
    assert np.sqrt(np.square(back - matrix).mean()) < 0.04


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_not_stored(bad):
    spoilt = NamedArray("dense/kernel", np.array([[1.0, bad]], np.float32))
    with pytest.raises(UserError, match="dense/kernel.*diverged"):
        weights.pack([spoilt])


def test_a_missing_file_is_named_with_its_checkpoint(tmp_path):
    with pytest.raises(UserError, match=f"encoder.npz.*{tmp_path.name}"):
        weights.read_packed(tmp_path / "encoder.npz")


@pytest.mark.parametrize("kept", [0, 1, 100, 0.3, 0.9, 0.9999])
def test_a_file_cut_short_is_a_user_error(tmp_path, kept):
    file = tmp_path / "encoder.npz"
    stored(file, network(np.random.default_rng(7)))
    content = file.read_bytes()
    file.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    with pytest.raises(UserError, match="encoder.npz must be a complete archive"):
        weights.read_packed(file)


def test_damage_anywhere_is_a_user_error_or_does_no_harm(tmp_path):
    rng = np.random.default_rng(8)
    file = tmp_path / "encoder.npz"
    expected = stored(file, network(rng))
    content = file.read_bytes()
    refused = 0
    for place in rng.integers(0, len(content), 400):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(damaged)
        try:
            back = weights.unpack(weights.read_packed(file))
        except UserError:
            refused += 1
            continue
        assert [array.path for array in back] == [array.path for array in expected]
        assert all(np.array_equal(a.values, b.values) for a, b in zip(back, expected, strict=True))
    assert refused > 300


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" + bytes(100), b"\x80\x04N."])
def test_another_kind_of_file_is_a_user_error(tmp_path, content):
    file = tmp_path / "encoder.npz"
    file.write_bytes(content)
    with pytest.raises(UserError, match="encoder.npz"):
        weights.read_packed(file)


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return open, (str(self.file), "w")


def test_nothing_in_a_file_is_run(tmp_path):
    file = tmp_path / "encoder.npz"
    np.savez(file, allow_pickle=True, manifest=np.array([Trap(tmp_path / "sprung")], object))
    with pytest.raises(UserError):
        weights.read_packed(file)
    assert not (tmp_path / "sprung").exists()


def test_an_archive_whose_list_does_not_match_is_a_user_error(tmp_path):
    packed = weights.pack(network(np.random.default_rng(9)))
    for change in ({"0001": np.zeros(31, np.float32)}, {"0000.scale": np.ones(3, np.float32)}):
        weights.write_packed(tmp_path / "encoder.npz", packed | change)
        with pytest.raises(UserError, match="encoder.npz"):
            weights.read_packed(tmp_path / "encoder.npz")
    del packed["0003"]
    weights.write_packed(tmp_path / "encoder.npz", packed)
    with pytest.raises(UserError, match="0003"):
        weights.read_packed(tmp_path / "encoder.npz")


def test_the_digest_depends_on_every_name_shape_and_value():
    rng = np.random.default_rng(10)
    packed = weights.pack(network(rng))
    same = weights.pack(network(np.random.default_rng(10)))
    assert weights.digest(packed) == weights.digest(same)
    moved = {**packed, "0001": np.nextafter(packed["0001"], np.float32(1))}
    renamed = {"a" + name: array for name, array in packed.items()}
    turned = {**packed, "0001": packed["0001"].reshape(2, 16)}
    digests = {weights.digest(each) for each in (packed, moved, renamed, turned)}
    assert len(digests) == 4


def test_weights_fit_a_network_whose_layers_keras_numbered_otherwise(tmp_path):
    arrays = [NamedArray("conv2d_7/kernel", np.zeros((3, 3))), NamedArray("dense_12/bias", np.zeros(3))]
    weights.check_fit(tmp_path / "encoder.npz", arrays, [("conv2d/kernel", (3, 3)), ("dense_1/bias", (3,))])


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ([("a/kernel", (3, 4)), ("a/bias", (4,))], r"\(3, 3\).*\(3, 4\)"),
        ([("a/kernel", (3, 3)), ("a/gamma", (4,))], "a/bias.*a/gamma"),
        ([("a/kernel", (3, 3))], "2 arrays.*1 arrays"),
    ],
)
def test_weights_of_another_network_are_refused_with_the_first_difference(tmp_path, expected, told):
    arrays = [NamedArray("a/kernel", np.zeros((3, 3))), NamedArray("a/bias", np.zeros(4))]
    with pytest.raises(UserError, match=f"(?s)encoder.npz.*{told}"):
        weights.check_fit(tmp_path / "encoder.npz", arrays, expected)


def test_the_numbers_of_unnamed_layers_are_not_stored():
    """Or the same weights would have another digest in a process that built other networks before."""
    kernel = np.ones((3, 3), np.float32)
    first, later = (weights.pack([NamedArray(path, kernel)]) for path in ("conv2d/kernel", "conv2d_7/kernel"))
    assert weights.digest(first) == weights.digest(later)
