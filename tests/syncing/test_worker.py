"""Syncing in the background: what it tells, when it tries again, how it ends."""

import pytest

from helpers.hub import TOKEN
from helpers.syncing import DATASET, answer, send_all
from siamese_core.answers.pair_log import PairLog
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.errors import UserError
from siamese_core.images.store import images_of
from siamese_core.syncing import worker
from siamese_core.syncing.checking import check_sync
from siamese_core.syncing.hub import Repository
from siamese_core.syncing.models import PromotedCheckpoints
from siamese_core.syncing.opening import Stores, open_syncing
from siamese_core.syncing.worker import Syncing


@pytest.fixture
def new_syncing(new_sender, served, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(worker, "FIRST_PAUSE", 0.05)

    def open_workspace(name: str) -> Syncing:
        models = Repository("anne/answers-checkpoints", "model", TOKEN, served.url)
        sender = new_sender(name)
        return Syncing(
            sender, PromotedCheckpoints(CheckpointStore(tmp_path / name), models, sender.ledger.server)
        )

    return open_workspace


def until(holds) -> None:
    """Return once it holds; the test's own timeout ends what never does."""
    import time

    while not holds():
        time.sleep(0.01)


def test_what_waits_is_told_with_its_age_and_sent_in_time(new_syncing, served, monkeypatch):
    told = []
    syncing = new_syncing("one")
    syncing.restore_at_start(told.append)
    answer(syncing.sender, 0, 1)
    state = syncing.state()
    assert (state["waiting"], state["restored"], state["problem"]) == (1, True, None)
    assert state["since"] and state["oldest_seconds"] < 60
    syncing.start()
    assert syncing.state()["waiting"] == 1  # it waits for others
    monkeypatch.setattr(worker, "BATCH_SECONDS", 0.1)
    until(lambda: not syncing.state()["waiting"])
    assert any(path.startswith("answers/") for path in served.files(DATASET)) and syncing.state()["saved_at"]


def test_a_hub_that_fails_is_told_and_asked_again_until_it_answers(new_syncing, served, monkeypatch):
    monkeypatch.setattr(worker, "BATCH_SECONDS", 0.0)
    monkeypatch.setattr(worker, "MOVED_PAUSE", 0.02)
    syncing = new_syncing("one")
    syncing.restore_at_start(print)
    served.faults += [("commit/main", 503), ("commit/main", 412), ("commit/main", 412)]
    answer(syncing.sender, 0, 1)
    syncing.start()
    until(lambda: syncing.state()["problem"])
    until(lambda: not syncing.state()["waiting"])
    until(lambda: not syncing.state()["problem"])
    assert not served.faults and not served.rewritten


def test_a_process_that_ends_sends_at_once_and_waits_for_no_refusal(new_syncing, served):
    syncing = new_syncing("one")
    syncing.restore_at_start(print)
    answer(syncing.sender, 0, 1)
    syncing.start()
    until(lambda: not syncing.is_saving())
    assert not syncing.state()["waiting"]
    other = new_syncing("other")
    served.token = "another"
    answer(other.sender, 0, 1)
    other.start()
    until(lambda: not other.is_saving())
    assert other.state()["waiting"] == 1 and "HF_TOKEN" in other.state()["problem"]


def test_a_page_that_could_not_be_restored_is_told_so_and_restored_later(new_syncing, served, new_sender):
    one = new_sender("one")
    answer(one, 0, 1)
    send_all(one)
    told, token = [], served.token
    served.token = "another"
    syncing = new_syncing("two")
    syncing.restore_at_start(told.append)
    assert "not restored" in told[-1] and not syncing.state()["restored"]
    served.token = token
    syncing.start()
    until(lambda: syncing.state()["restored"])
    assert syncing.sender.log.rows() == one.log.rows() and syncing.state()["problem"] is None


def test_a_workspace_syncs_with_a_token_a_file_and_no_other_process(tmp_path, monkeypatch):
    monkeypatch.setattr("siamese_core.syncing.opening._held", [])
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    parts = images_of(tmp_path), CheckpointStore(tmp_path)
    stores = Stores(tmp_path, PairLog(tmp_path / "pairs.csv"), *parts)
    with pytest.raises(UserError, match="Set HF_TOKEN"):
        open_syncing(stores, "anne/answers", None)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert open_syncing(stores, "anne/answers", None).models.repository.name == "anne/answers-checkpoints"
    with pytest.raises(UserError, match="another server"):
        open_syncing(stores, "anne/answers", None)
    in_database = Stores(tmp_path, PairLog("postgresql://host/answers"), *parts)
    with pytest.raises(UserError, match="PostgreSQL"):
        open_syncing(in_database, "anne/answers", None)


def test_doctor_says_whether_token_repository_and_answers_are_there(
    new_sender, served, tmp_path, monkeypatch
):
    monkeypatch.setenv("HF_ENDPOINT", served.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    sender = new_sender("one")
    answer(sender, 0, 1)
    found = check_sync(tmp_path / "one", "anne/answers")
    assert (found.level, found.measured) == ("warning", 1)
    send_all(sender)
    assert check_sync(tmp_path / "one", "anne/answers").level == "ok"
    assert "makes it" in check_sync(tmp_path / "one", "anne/new").expected
    served.token = "another"
    refused = check_sync(tmp_path / "one", "anne/answers")
    assert refused.level == "error" and "HF_TOKEN" in refused.cause
