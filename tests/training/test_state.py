import csv
import json

import keras
import numpy as np
import pytest

from siamese_core.errors import UserError
from siamese_core.training.state import (
    STATE_FILE,
    MetricsFile,
    NotFinite,
    read_header,
    read_variables,
    telling_what_is_kept,
    write_state,
)


def variables(*values: list[float]) -> list[keras.Variable]:
    return [keras.Variable(np.array(value, "float32")) for value in values]


def numbers(held: list[keras.Variable]) -> list[list[float]]:
    return [variable.numpy().tolist() for variable in held]


def test_a_state_comes_back_as_it_was_written(tmp_path):
    written, file = variables([1, 2], [[0.1, -3e-20]]), tmp_path / "deep" / "state.npz"
    write_state(file, {"step": 7, "seconds": 1.5, "name": "é"}, written)
    assert read_header(file) == {"step": 7, "seconds": 1.5, "name": "é"}
    read = variables([0, 0], [[0, 0]])
    read_variables(file, read)
    assert numbers(read) == numbers(written)
    assert [path.name for path in file.parent.iterdir()] == ["state.npz"]


def test_the_layout_on_the_disk_stays(tmp_path):
    """Runs that began with an older version are finished with this one."""
    write_state(tmp_path / "state.npz", {"step": 7}, variables([1, 2], [3]))
    with np.load(tmp_path / "state.npz", allow_pickle=False) as state:
        assert sorted(state.files) == ["header", "v0", "v1"]
        assert json.loads(bytes(state["header"])) == {"step": 7}
        assert state["v0"].tolist() == [1, 2]


def test_there_is_no_header_where_there_is_no_file(tmp_path):
    assert read_header(tmp_path / "state.npz") is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_never_written(tmp_path, bad):
    file = tmp_path / "state.npz"
    write_state(file, {"step": 1}, variables([1, 2]))
    with pytest.raises(NotFinite):
        write_state(file, {"step": 2}, variables([1, bad]))
    assert read_header(file) == {"step": 1}


def test_half_a_file_aside_does_no_harm(tmp_path):
    """What a kill in the middle of writing leaves."""
    file = tmp_path / "state.npz"
    write_state(file, {"step": 1}, variables([1, 2]))
    (tmp_path / ".state.npz.0123").write_bytes(file.read_bytes()[:50])
    assert read_header(file) == {"step": 1}
    write_state(file, {"step": 2}, variables([3, 4]))
    assert read_header(file) == {"step": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_damaged_state_is_reported_and_changes_nothing(tmp_path, share):
    file = tmp_path / "state.npz"
    write_state(file, {"step": 1}, variables([1, 2]))
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    held = variables([5, 6])
    with pytest.raises(UserError, match="whole.*state.npz.*damaged"):
        read_header(file)
    with pytest.raises(UserError, match="damaged"):
        read_variables(file, held)
    assert numbers(held) == [[5, 6]]


def test_a_state_of_another_network_is_refused_and_changes_nothing(tmp_path):
    file = tmp_path / "state.npz"
    write_state(file, {}, variables([1, 2], [3, 4, 5]))
    held = variables([7, 7], [7, 7])
    with pytest.raises(UserError, match=r"fit the network.*\(3,\) for \(2,\)"):
        read_variables(file, held)
    with pytest.raises(UserError, match="damaged"):
        read_variables(file, variables([7, 7], [7, 7, 7], [7]))
    assert numbers(held) == [[7, 7], [7, 7]]


def test_metrics_are_a_line_an_interval_under_one_header(tmp_path):
    metrics = MetricsFile(tmp_path / "run" / "metrics.csv")
    assert metrics.rows().empty and metrics.after(0) == 0
    metrics.append({"step": 5, "loss": 0.5})
    metrics.append({"step": 10, "loss": 0.25})
    with metrics.file.open(newline="") as lines:
        assert list(csv.reader(lines)) == [["step", "loss"], ["5", "0.5"], ["10", "0.25"]]
    assert metrics.rows()["loss"].tolist() == ["0.5", "0.25"] and metrics.after(5) == 1


def test_lines_after_the_saved_step_are_dropped(tmp_path):
    metrics = MetricsFile(tmp_path / "metrics.csv")
    metrics.cut_after(3)
    for step in (5, 10, 15):
        metrics.append({"step": step, "loss": 0.5})
    metrics.cut_after(10)
    assert metrics.rows()["step"].tolist() == ["5", "10"]
    metrics.append({"step": 15, "loss": 0.4})
    assert metrics.rows()["step"].tolist() == ["5", "10", "15"]


@pytest.mark.parametrize("torn", ["", "los"])
def test_a_first_line_that_is_torn_stops_nothing(tmp_path, torn):
    metrics = MetricsFile(tmp_path / "metrics.csv")
    metrics.file.write_text(torn)
    metrics.cut_after(10)
    assert metrics.after(0) == 0


def test_a_torn_last_line_is_dropped_too(tmp_path):
    metrics = MetricsFile(tmp_path / "metrics.csv")
    metrics.append({"loss": 0.5, "step": 5})
    with metrics.file.open("a") as lines:
        lines.write("0.2")
    metrics.cut_after(10)
    assert metrics.rows()["step"].tolist() == ["5"]


@pytest.mark.parametrize("resumed", [False, True])
def test_what_is_kept_is_told_with_how_to_go_on(tmp_path, resumed):
    file = tmp_path / STATE_FILE
    if resumed:
        write_state(file, {"step": 7}, [])
    with (
        pytest.raises(KeyboardInterrupt, match=r"Step 7 is saved in .+--resume"),
        telling_what_is_kept(tmp_path, resumed),
    ):
        if not resumed:
            write_state(file, {"step": 7}, [])
        raise KeyboardInterrupt


def test_the_state_of_an_earlier_run_is_not_taken_for_this_ones(tmp_path):
    write_state(tmp_path / STATE_FILE, {"step": 7}, [])
    with (
        pytest.raises(KeyboardInterrupt, match="nothing was to be saved"),
        telling_what_is_kept(tmp_path, resumed=False),
    ):
        raise KeyboardInterrupt
