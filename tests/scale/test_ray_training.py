"""Training on two nodes is that of one process, and goes on where a worker is killed."""

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.samples import write_class_folders
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.scale.ray_training import Cluster, train_over_ray
from siamese_core.scale.shared_training import LOSSES_FILE
from siamese_core.training import measured_checkpoint, validation
from siamese_core.training.options import TrainingRequest
from siamese_core.training.state import STATE_FILE, read_header

STEPS = 50
soak = [pytest.mark.soak, pytest.mark.timeout(1800), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def request_of(tmp_path_factory):
    """`request_of(folder)`: 50 steps with the small network, 64 images a step."""
    data = write_class_folders(tmp_path_factory.mktemp("data") / "drawn", np.random.default_rng(0), 2, 16, 6)

    def made(folder: Path) -> TrainingRequest:
        return TrainingRequest("small_cnn", (data,), steps=STEPS, out=folder / "made")

    return made


def trained(cluster, request: TrainingRequest, workers: int, save_steps: int = 100):
    """Train; returns what was made, the losses by step and the final state."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measured_checkpoint, "FINAL_TRIALS", 200)
        patch.setattr(validation, "PAIRS", 1000)
        store = CheckpointStore(request.out.parent / "home")
        made = train_over_ray(
            request, store, Cluster(cluster.address, workers, save_steps), lambda share, words: None
        )
    run = request.out.with_name("made.run")
    losses = pd.read_csv(run / LOSSES_FILE).set_index("step")["loss"]
    with np.load(run / STATE_FILE) as state:
        arrays = [state[f"v{place}"] for place in range(len(state.files) - 1)]
    print(f"{workers} workers: {read_header(run / STATE_FILE)['seconds'] / STEPS:.3f} s a step")
    return made, losses, arrays


@pytest.fixture(scope="module")
def alone(cluster, request_of, tmp_path_factory):
    return trained(cluster, request_of(tmp_path_factory.mktemp("alone")), 1)


@pytest.mark.usefixtures("cluster")
class TestOnACluster:
    pytestmark = soak

    def test_two_workers_have_the_losses_and_weights_of_one(self, cluster, alone, request_of, tmp_path):
        made, losses, arrays = trained(cluster, request_of(tmp_path), 2)
        assert list(losses.index) == list(range(1, STEPS + 1)) == list(alone[1].index)
        print(f"largest difference of two losses: {np.abs(losses - alone[1]).max():.2g}")
        np.testing.assert_allclose(losses, alone[1], atol=1e-3)
        for one, other in zip(arrays, alone[2], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-3)
        assert made.training.steps == STEPS and made.json()["checkpoint"].startswith("small_cnn-")

    def test_a_run_goes_on_from_its_state_where_a_worker_is_killed(
        self, cluster, alone, request_of, tmp_path
    ):
        request, killed = request_of(tmp_path), []
        watch = threading.Thread(target=lambda: killed.append(kill_a_worker(tmp_path / "made.run")))
        watch.start()
        _, losses, _ = trained(cluster, request, 2, save_steps=5)
        watch.join()
        assert 0 < killed[0] < STEPS
        assert list(losses.index) == list(range(1, STEPS + 1))
        np.testing.assert_allclose(losses, alone[1], atol=1e-3)


def kill_a_worker(run: Path) -> int:
    """Kill -9 a worker once a state is saved; returns the step of that state."""
    while not (run / STATE_FILE).exists():
        time.sleep(0.05)
    step = read_header(run / STATE_FILE)["step"]
    workers = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdecimal()
        and b"RayTrainWorker" in (folder / "cmdline").read_bytes()
        and folder.stat().st_uid == os.getuid()
    ]
    os.kill(workers[-1], signal.SIGKILL)
    return step


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": None, "minutes": 1.0}, "no --steps"),
        ({"patience": 2}, "--patience"),
        ({"update": True}, "--update without --start"),
        ({"resume": True}, "no state in"),
    ],
)
def test_what_several_workers_cannot_do_is_told_before_they_start(request_of, tmp_path, change, words):
    request = replace(request_of(tmp_path), **change)
    with pytest.raises(UserError, match=words):
        train_over_ray(request, CheckpointStore(tmp_path), Cluster("127.0.0.1:9", 2), lambda *told: None)


def test_a_batch_that_cannot_be_divided_is_told(request_of, tmp_path):
    with pytest.raises(UserError, match="64 images a step for 3 workers"):
        train_over_ray(
            request_of(tmp_path), CheckpointStore(tmp_path), Cluster("127.0.0.1:9", 3), lambda *told: None
        )
