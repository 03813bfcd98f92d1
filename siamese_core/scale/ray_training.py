"""Train on the machines of a Ray cluster; a run goes on from its state where a worker is lost."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.networks.encoders import encoder_spec
from siamese_core.scale.ray_cluster import connected, user_error_in
from siamese_core.scale.shared_training import LOSSES_FILE, SAVE_STEPS, Worker, train_share
from siamese_core.training.batches import batches
from siamese_core.training.options import TrainingRequest
from siamese_core.training.runs import (
    TrainedCheckpoint,
    require_state,
    run_folders,
    run_options,
    train_checkpoint,
)
from siamese_core.training.split import training_and_validation
from siamese_core.training.state import STATE_FILE, read_header

LOOK_SECONDS = 5.0  # between two looks at how far the run is
FAILURES = 10  # workers that may be lost in a run
BACKEND = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True)
class Cluster:
    """Where to train: the address of a Ray cluster, and on how many workers, one processor each at least."""

    address: str
    workers: int
    save_steps: int = SAVE_STEPS


def train_over_ray(
    request: TrainingRequest, store: CheckpointStore, cluster: Cluster, progress: Progress
) -> TrainedCheckpoint:
    """Train in step on all workers, then calibrate, measure and save here as `train_checkpoint` does.

    Data, start and run's folder must be seen by all machines under the same paths. UserError where a number
    of steps is not given, or a batch cannot be divided among the workers.
    """
    request = _everywhere(request)
    run_folder = run_folders(request, store)[1].absolute()
    _require_dividable(request, cluster)
    if request.resume:
        require_state(run_folder)
    else:
        for left_over in (STATE_FILE, LOSSES_FILE):
            (run_folder / left_over).unlink(missing_ok=True)
    run_folder.mkdir(parents=True, exist_ok=True)
    with connected(cluster.address) as processors:
        if cluster.workers > processors:
            raise UserError(
                f"Each worker takes a processor. Received: {cluster.workers} workers for {processors} "
                "processors. Ask for fewer, or add machines."
            )
        with _watched(run_folder / STATE_FILE, request.steps, progress):
            _fit(request, run_folder, cluster)
    return train_checkpoint(replace(request, resume=True), store, progress)


def _everywhere(request: TrainingRequest) -> TrainingRequest:
    """Return the request with paths that hold in every working folder."""
    names = ("validation", "labels", "start", "out")
    given = {name: getattr(request, name) for name in names}
    paths = {name: path and Path(path).absolute() for name, path in given.items()}
    return replace(request, data=tuple(Path(path).absolute() for path in request.data), **paths)


def _require_dividable(request: TrainingRequest, cluster: Cluster) -> None:
    if request.steps is None or request.patience is not None:
        raise UserError(
            "Several workers stop after a number of steps, which all of them know beforehand. Received: "
            f"{'--patience' if request.patience else 'no --steps'}. Give --steps N, without --patience."
        )
    options = run_options(request, encoder_spec(request.encoder))
    images = batches(training_and_validation(request)[0], options.batch).size * options.batches
    if images % cluster.workers:
        raise UserError(
            f"A step is divided evenly among the workers. Received: {images} images a step for "
            f"{cluster.workers} workers. Ask for another number of workers, or other --batches."
        )


def _fit(request: TrainingRequest, run_folder: Path, cluster: Cluster) -> None:
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.v2.jax import JaxTrainer

    trainer = JaxTrainer(
        _work,
        train_loop_config={"request": request, "folder": str(run_folder), "save_steps": cluster.save_steps},
        scaling_config=ScalingConfig(num_workers=cluster.workers, resources_per_worker={"CPU": 1}),
        run_config=RunConfig(
            name=run_folder.name,
            storage_path=str(run_folder / "ray"),
            failure_config=FailureConfig(max_failures=FAILURES),
            worker_runtime_env={"env_vars": BACKEND},
        ),
    )
    try:
        trainer.fit()
    except Exception as problem:
        told = user_error_in(problem)
        if told is None:
            raise
        raise told from problem


def _work(config: dict) -> None:
    """Train a worker's share. Ray sets up JAX for GPUs and TPUs only, so that this joins the processes."""
    import jax
    import keras
    from ray.train import get_context
    from ray.train.collective import broadcast_from_rank_zero
    from ray.util import get_node_ip_address

    context = get_context()
    worker = Worker(context.get_world_rank(), context.get_world_size())
    if worker.of > 1:
        address = broadcast_from_rank_zero(f"{get_node_ip_address()}:{_free_port()}")
        jax.distributed.initialize(address, worker.of, worker.number)
        keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    train_share(config["request"], Path(config["folder"]), worker, config["save_steps"])
    if worker.of > 1:
        jax.distributed.shutdown()


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("", 0))
        return found.getsockname()[1]


@contextmanager
def _watched(state: Path, steps: int, progress: Progress) -> Iterator[None]:
    """Within the block, tell every few seconds which step was saved last."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            header = read_header(state) or {"step": 0}
            progress(header["step"] / steps, f"step {header['step']} of {steps} is saved")

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()
