"""`find` as people and programs call it."""

import numpy as np
import pytest

from helpers.small_checkpoints import install, small_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.embeddings.shards import ShardFolder, ShardRows
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.workbench import Workbench


def test_find_ranks_the_images_of_a_folder_by_both_slots(run, own_slots, drawings, pair):
    found = run("find", pair[0], "--images", drawings, "--top", 5, "--json").json()
    assert list(found) == ["query", "results", "left_out"]
    assert found["query"] == image_id(decode_image(pair[0]))
    assert [result["encoder"] for result in found["results"]] == list(SLOTS)
    for result in found["results"]:
        assert list(result)[:3] == ["encoder", "checkpoint", "matches"]
        assert (len(result["matches"]), result["images"]) == (5, 24)
        assert all(list(each) == ["path", "image_id", "similarity", "same"] for each in result["matches"])
        assert result["matches"][0]["image_id"] == found["query"]
        assert result["matches"][0]["path"] == pair[0].relative_to(drawings).as_posix()
        similarities = [each["similarity"] for each in result["matches"]]
        assert similarities == sorted(similarities, reverse=True)
        assert all(each["same"] == (each["similarity"] >= result["threshold"]) for each in result["matches"])


def test_a_match_has_the_similarity_of_a_comparison(run, own_slots, drawings, pair):
    words = ("--encoder", "koch", "--json")
    (found,) = run("find", pair[0], "--images", drawings, *words).json()["results"]
    match = found["matches"][3]
    (compared,) = run("compare", pair[0], drawings / match["path"], *words).json()["results"]
    assert match["similarity"] == pytest.approx(compared["similarity"], abs=1e-4)
    assert match["same"] == compared["same"]


def test_shards_give_what_their_images_give(run, own_slots, drawings, pair, tmp_path):
    words = ("--top", 8, "--json")
    by_images = run("find", pair[0], "--images", drawings, *words).json()["results"]
    files = sorted(drawings.rglob("*.png"))
    images = [decode_image(file) for file in files]
    ids, paths = [image_id(image) for image in images], [str(file.relative_to(drawings)) for file in files]
    matcher = Workbench(own_slots).matcher
    for encoder in SLOTS:
        rows, checkpoint = matcher.embed(encoder, images), matcher.checkpoint(encoder).id
        for start in (0, 10):
            part = slice(start, start + 10 if start == 0 else None)
            shard = ShardRows(checkpoint, ids[part], paths[part], rows[part])
            ShardFolder(tmp_path / "shards").write(f"{checkpoint}-{start}.parquet", shard)
    by_shards = run("find", pair[0], "--embeddings", tmp_path / "shards", *words).json()["results"]
    for first, second in zip(by_images, by_shards, strict=True):
        assert [each["path"] for each in first["matches"]] == [each["path"] for each in second["matches"]]
        similarities = [[each["similarity"] for each in found["matches"]] for found in (first, second)]
        assert np.allclose(*similarities, atol=1e-5)


def test_shards_of_another_checkpoint_are_told(run, own_slots, pair, tmp_path):
    shard = ShardRows("koch-000000000000", ["0" * 64], ["a.png"], np.zeros((1, 4096), np.float32))
    ShardFolder(tmp_path).write("a.parquet", shard)
    error = run("find", pair[0], "--embeddings", tmp_path).error()
    assert "Received: embeddings by koch-000000000000" in error


def test_files_that_are_no_images_are_left_out_and_told(run, own_slots, pair, tmp_path):
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "a.png").write_bytes(pair[1].read_bytes())
    (folder / "b.png").write_bytes(b"no image")
    words = ("find", pair[0], "--images", folder, "--encoder", "koch")
    found = run(*words, "--json").json()
    assert found["left_out"]["counts"] == {"unreadable": 1}
    assert [each["path"] for each in found["results"][0]["matches"]] == ["a.png"]
    assert "left out: 1 unreadable (b.png)" in run(*words).text()
    run(*words, "--strict").error()


def test_an_encoder_that_does_not_know_the_images_finds_nothing_unless_it_is_asked_anyway(
    run, workspace, drawings, pair
):
    checkpoint = small_checkpoint(9)
    checkpoint.note(trained_on=PHOTOGRAPHS)
    install(workspace, checkpoint, "koch")
    words = ("find", pair[0], "--images", drawings, "--encoder", "koch")
    (said,) = run(*words, "--json").json()["results"]
    assert (said["abstains"], said["matches"]) == (True, [])
    assert said["why"] == "has seen photographs only, and does not judge handwriting"
    assert "abstains" in run(*words).text()
    (asked,) = run(*words, "--ask-anyway", "--json").json()["results"]
    assert asked["abstains"] is True and len(asked["matches"]) == 24
