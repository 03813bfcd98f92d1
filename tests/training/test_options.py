"""When a run ends, and which options it keeps when it is resumed."""

import dataclasses

import pytest

from siamese_core.data.sampling import BatchShape
from siamese_core.errors import UserError
from siamese_core.training.options import TrainingOptions

OPTIONS = TrainingOptions(steps=60)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"steps": None}, "steps None, minutes None"),
        ({"steps": 0}, "steps 0"),
        ({"steps": -5}, "steps -5"),
        ({"minutes": -1.0}, "minutes -1.0"),
        ({"minutes": float("nan")}, "minutes nan"),
        ({"patience": 0}, "patience 0"),
    ],
)
def test_a_run_needs_an_end(change, says):
    with pytest.raises(UserError, match=f"Received: .*{says}"):
        dataclasses.replace(OPTIONS, **change)


def test_a_run_may_be_resumed_for_longer_but_not_otherwise():
    longer = {"steps": 99, "minutes": 5.0, "interval_minutes": 1.0, "patience": 2}
    assert dataclasses.replace(OPTIONS, **longer).fixed() == OPTIONS.fixed()
    other = {
        "seed": 3,
        "learning_rate": 1e-4,
        "warmup_steps": 9,
        "batch": BatchShape(4, 4),
        "batches": 2,
        "other_characters": False,
        "clip_norm": 1.0,
        "images_before": 100,
    }
    for name, value in other.items():
        changed = dataclasses.replace(OPTIONS, **{name: value}).fixed()
        assert [key for key, kept in OPTIONS.fixed().items() if kept != changed[key]] == [name]
    assert set(OPTIONS.fixed()) == set(other)
