"""Images are read from a bucket and shards written to one, by one process and by a Ray cluster.

The store is moto's server, a real endpoint on loopback. moto is not among the requirements of the tests,
since it needs an older dateutil than pandas brings: pip install 'moto[server]' to run these.
"""

import pytest

from helpers.small_checkpoints import install, small_checkpoint
from helpers.workspaces import noise
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.embeddings.shards import ShardFolder
from siamese_core.images.decoding import encode_png, image_id
from siamese_core.scale.embedding import embed_files
from siamese_core.scale.loading import read_named
from siamese_core.scale.ray_embedding import embed_over_ray
from siamese_core.scale.sources import list_sources

moto = pytest.importorskip("moto.server", reason="moto[server] is not installed")
pytestmark = [pytest.mark.soak, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
IMAGES = 12


@pytest.fixture(scope="module")
def images():
    return noise(IMAGES)


@pytest.fixture(scope="module")
def port(images):
    """The port of a store with a bucket of images and one that is empty."""
    from pyarrow import fs

    server = moto.ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    store = fs.S3FileSystem(
        access_key="key",
        secret_key="secret",
        endpoint_override=f"{host}:{port}",
        scheme="http",
        allow_bucket_creation=True,
    )
    for bucket in ("images", "shards"):
        store.create_dir(bucket)
    for number, image in enumerate(images):
        with store.open_output_stream(f"images/photos/c{number % 2}/{number:02d}.png") as stream:
            stream.write(encode_png(image))
    yield port
    server.stop()


@pytest.fixture
def variables(port, monkeypatch):
    """The variables by which the place and the credentials of the store are found."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    stored = install(home, small_checkpoint(), "koch")
    return stored, CheckpointStore(home).folder(stored)


def check(out: str, checkpoint: str, images) -> None:
    rows = ShardFolder(out).read(checkpoint)
    assert sorted(rows.image_ids) == sorted(map(image_id, images))
    assert sorted(rows.paths)[0] == "s3://images/photos/c0/00.png"
    assert "secret" not in "".join([*rows.paths, ShardFolder(out).place])


def test_one_process_reads_a_bucket_and_writes_another_once(variables, kept, images):
    for _ in range(2):
        files = list_sources(["s3://images/photos"]).files
        embed_files(load_checkpoint(kept[1]), files, "s3://shards/one")
    assert ShardFolder("s3://shards/one").names() == ["part-000000.parquet"]
    check("s3://shards/one", kept[0], images)
    assert read_named("s3://images/photos/c0/00.png") == encode_png(images[0])


def test_a_cluster_reads_a_bucket_and_writes_another(cluster, port, kept, images):
    options = f"?scheme=http&endpoint_override=127.0.0.1:{port}"
    files = list_sources([f"s3://key:secret@images/photos{options}"]).files
    out = f"s3://key:secret@shards/many{options}"
    embed_over_ray(cluster.address, kept, files, out, lambda *report: None)
    check(out, kept[0], images)
