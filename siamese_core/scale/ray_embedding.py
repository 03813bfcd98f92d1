"""Embed files into shards on the machines of a Ray cluster, each shard whole or absent, each file once.

Ray Data hands the parts to actors, which load the checkpoint once, and hands a part anew where an actor or
its machine is lost. The shards are written as in one process, not by Ray Data: its files have other names in
each run, and hold no list of what was left out, so that no run could take up where another ended.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from siamese_core.data.files import ImageFile
from siamese_core.embeddings.shards import ShardFolder
from siamese_core.errors import UserError
from siamese_core.scale.embedding import Report, alone, make_shard, parts_to_make
from siamese_core.scale.object_store import local_path
from siamese_core.scale.ray_cluster import connected, user_error_in


class ShardMaker:
    """An actor that makes shards.

    stored: references to the files of the checkpoint's folder, in a dict, and to each part to be made.
    """

    def __init__(self, stored: tuple, out: str):
        import ray

        from siamese_core.checkpoints.checkpoint_files import load_checkpoint
        from siamese_core.embeddings.engines import with_engine

        with TemporaryDirectory() as folder:
            for name, content in ray.get(stored[0]).items():
                (Path(folder) / name).write_bytes(content)
            self.checkpoint = with_engine(load_checkpoint(Path(folder)))
        self.parts, self.folder = stored[1], ShardFolder(out)

    def __call__(self, row: dict) -> dict:
        """Make the shard of the part with this number; returns how many files it had."""
        import ray

        part = ray.get(self.parts[int(row["number"])])
        return {"files": sum(make_shard(self.checkpoint, part, self.folder))}


def embed_over_ray(
    address: str, checkpoint: tuple[str, Path], files: Sequence[ImageFile], out: Path | str, report: Report
) -> None:
    """Embed what no shard holds as `embed_files` does, on the cluster at an address.

    checkpoint: its id and folder; its files are sent to the machines, which must see data and `out` by the
    same absolute paths or URIs.
    """
    out = out if local_path(out) is None else local_path(out).absolute()
    folder = ShardFolder(out)
    with alone(folder), connected(address) as processors:
        parts = parts_to_make(folder, checkpoint[0], files)
        if not parts:
            return
        done, of = 0, sum(len(part.files) for part in parts)
        try:
            for row in _made(parts, _content(checkpoint[1]), out, processors):
                done += row["files"]
                report(done, of)
        except Exception as problem:
            told = user_error_in(problem)
            if told is None:
                raise
            raise UserError(str(told)) from problem


def _content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def _made(parts: list, content: dict[str, bytes], out: Path | str, processors: int):
    """Give a row for each shard as it is made."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    stored = ray.put(content), [ray.put(part) for part in parts]
    numbers = ray.data.from_items([{"number": number} for number in range(len(parts))])
    actors = ActorPoolStrategy(min_size=1, max_size=min(processors, len(parts)))
    made = numbers.repartition(len(parts)).map(
        ShardMaker,
        fn_constructor_args=(stored, str(out)),
        compute=actors,
        num_cpus=1,
    )
    return made.iter_rows()
