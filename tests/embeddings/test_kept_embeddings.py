"""What one process embedded of a support set, no other one embeds again."""

import shutil
import threading

import numpy as np
import pytest

from helpers.workspaces import classes, noise, saved_to
from siamese_core.embeddings import kept_embeddings
from siamese_core.embeddings.embedding_store import open_embedding_store
from siamese_core.embeddings.kept_embeddings import SUPPORT
from siamese_core.workspace.choosing import id_of
from siamese_core.workspace.loader import Served
from siamese_core.workspace.workbench import Workbench


@pytest.fixture
def embedded(monkeypatch) -> list[int]:
    """How many images went through an encoder, call by call."""
    calls, forward = [], Served.forward

    def counting(served: Served, prepared: np.ndarray) -> np.ndarray:
        calls.append(len(prepared))
        return forward(served, prepared)

    monkeypatch.setattr(Served, "forward", counting)
    return calls


@pytest.fixture
def again(workspace, shipped):
    """Open the workspace as a new process does, with nothing in memory."""
    return lambda: Workbench(workspace, shipped)


def ranking(workbench: Workbench, query: np.ndarray, support: list) -> list[tuple[str, float]]:
    (found,) = workbench.one_shot(query, support, ["koch"]).rankings
    return [(each.name, each.similarity) for each in found.ranking]


def test_a_second_process_embeds_the_query_only(again, embedded):
    query, support = noise(1)[0], classes(70)
    ranking(again(), query, support)
    assert sum(embedded) == 71
    embedded.clear()
    ranking(again(), query, support)
    assert sum(embedded) == 1
    embedded.clear()
    ranking(again(), noise(1, seed=8)[0], [*support, ("new", noise(1, seed=9)[0])])
    assert sum(embedded) == 2


def test_similarities_are_those_of_the_first_time(again):
    query, support = noise(1)[0], classes(5)
    first, second = (dict(ranking(again(), query, support)) for _ in range(2))
    assert second == pytest.approx(first, abs=1e-5)


def test_a_part_that_was_embedded_ahead_is_kept_though_the_rest_never_was(again, embedded):
    images = [image for _, image in classes(10)]
    bench = again()
    bench.matcher.embed_support("koch", images[:6], bench.matcher.domain(images))
    embedded.clear()
    ranking(again(), noise(1)[0], classes(10))
    assert sum(embedded) == 1 + 4


def test_a_comparison_finds_what_is_on_disk_and_writes_nothing(again, embedded, workspace):
    left, right = noise(2)
    again().compare(left, right, ["koch"])
    assert not (workspace / "embeddings").exists()
    ranking(again(), noise(1, seed=3)[0], [("a", left), ("b", right)])
    embedded.clear()
    again().compare(left, right, ["koch"])
    assert sum(embedded) == 0


def test_what_the_pool_has_stored_is_not_stored_again(again, embedded):
    bench, support = again(), classes(4)
    images = [image for _, image in support]
    checkpoint = bench.matcher.checkpoint("koch", bench.matcher.domain(images))
    pool = open_embedding_store(bench.embeddings_folder, checkpoint)
    pool.append([id_of(image) for image in images], checkpoint.embed(images))
    ranking(again(), noise(1)[0], support)
    assert sum(embedded) == 1
    assert not (pool.folder / SUPPORT).exists()


def test_a_metric_is_not_fitted_to_support_sets(again):
    bench, support = again(), classes(4)
    ranking(bench, noise(1)[0], support)
    checkpoint = bench.matcher.checkpoint("koch", bench.matcher.domain([image for _, image in support]))
    assert len(open_embedding_store(bench.embeddings_folder, checkpoint)) == 0


def test_another_checkpoint_finds_nothing_of_this_one(again, embedded):
    query, support = noise(1)[0], classes(3)
    ranking(again(), query, support)
    checkpoints = again().checkpoints
    checkpoints.promote(saved_to(checkpoints, 7), "koch")
    embedded.clear()
    ranking(again(), query, support)
    assert sum(embedded) == 4


@pytest.mark.parametrize("meanwhile", ["deleted", "cut short", "not writable"])
def test_a_store_that_is_spoilt_meanwhile_costs_time_only(again, meanwhile, workspace, monkeypatch):
    query, support, bench = noise(1)[0], classes(3), again()
    first = dict(ranking(bench, query, support))
    bench.matcher.cache.limit = 0
    if meanwhile == "deleted":
        shutil.rmtree(workspace / "embeddings")
    elif meanwhile == "cut short":
        for file in workspace.glob("embeddings/*/support/rows.f32"):
            file.write_bytes(file.read_bytes()[:100])
    else:
        shutil.rmtree(workspace / "embeddings")
        (workspace / "embeddings").write_text("no folder")
    assert dict(ranking(bench, query, support)) == pytest.approx(first, abs=1e-5)
    assert dict(ranking(again(), query, support)) == pytest.approx(first, abs=1e-5)


def test_it_keeps_no_more_than_its_limit(again, embedded, monkeypatch):
    monkeypatch.setattr(kept_embeddings, "MOST_KEPT", 5)
    ranking(again(), noise(1)[0], classes(4))
    more = [(f"more {n}", image) for n, image in enumerate(noise(3, seed=12))]
    for _ in range(2):
        embedded.clear()
        ranking(again(), noise(1)[0], more)
        assert sum(embedded) == 4


def test_several_at_once_keep_each_image_once(again, workspace):
    support, failed = classes(20), []

    def rank(first: int) -> None:
        try:
            ranking(again(), noise(1)[0], support[first : first + 12])
        except Exception as problem:
            failed.append(problem)

    threads = [threading.Thread(target=rank, args=(first,)) for first in (0, 4, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    (file,) = workspace.glob("embeddings/*/support/ids")
    ids = file.read_text().split()
    assert sorted(ids) == sorted(id_of(image) for _, image in support)
