from pathlib import Path

import tensorflow

from siamese_core.precision import bfloat16_where_fast


def test_faster_arithmetic_is_on_only_where_it_is_and_while_it_is_asked_for():
    flags = Path("/proc/cpuinfo")
    has_it = flags.exists() and "avx512_bf16" in flags.read_text()
    read = tensorflow.config.optimizer.get_experimental_options
    with bfloat16_where_fast() as on:
        assert on == has_it
        assert read()["auto_mixed_precision_onednn_bfloat16"] == has_it
    assert not read()["auto_mixed_precision_onednn_bfloat16"]
