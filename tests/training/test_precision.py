from pathlib import Path

import keras
import pytest
import tensorflow

from siamese_core.training.precision import bfloat16_where_fast, half_precision_on_accelerators


def test_faster_arithmetic_is_on_only_where_it_is_and_while_it_is_asked_for():
    flags = Path("/proc/cpuinfo")
    has_it = flags.exists() and "avx512_bf16" in flags.read_text()
    read = tensorflow.config.optimizer.get_experimental_options
    with bfloat16_where_fast() as on:
        assert on == has_it
        assert read()["auto_mixed_precision_onednn_bfloat16"] == has_it
    assert not read()["auto_mixed_precision_onednn_bfloat16"]


@pytest.mark.parametrize(
    ("devices", "computes"),
    [(["cpu:0"], "float32"), (["cpu:0", "gpu:0"], "bfloat16"), (["tpu:0", "tpu:1"], "bfloat16")],
)
def test_only_what_is_built_for_an_accelerator_computes_in_half_precision(monkeypatch, devices, computes):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: devices)
    with half_precision_on_accelerators():
        inside = keras.layers.Dense(2)
    outside = keras.layers.Dense(2)
    assert (inside.compute_dtype, inside.variable_dtype) == (computes, "float32")
    assert outside.compute_dtype == "float32"


def test_the_policy_is_as_before_even_after_an_error(monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    with pytest.raises(ZeroDivisionError), half_precision_on_accelerators():
        1 / 0  # noqa: B018
    assert keras.config.dtype_policy().name == "float32"
