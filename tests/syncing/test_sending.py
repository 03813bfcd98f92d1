"""Rows and images reach the hub, each once, whatever it does in between."""

import json

import pytest

from helpers.hub import CUT, LOST
from helpers.syncing import DATASET, answer, picture, send_all
from siamese_core.images.decoding import image_id
from siamese_core.syncing.hub import HubProblem
from siamese_core.syncing.sending import image_path


def sent_ids(served) -> list[str]:
    """The label_id of every line of every shard."""
    shards = [text for path, text in served.files(DATASET).items() if path.startswith("answers/")]
    return [json.loads(line)["label_id"] for text in shards for line in text.splitlines()]


def test_rows_with_their_images_are_a_shard_and_an_undo_is_one_more(served, new_sender):
    sender = new_sender("one")
    first = answer(sender, 0, 1)
    assert send_all(sender) == 1
    undo = sender.log.undo(first, "Anne", "")
    answer(sender, 1, 2, "different")
    assert send_all(sender) == 1
    assert served.repositories[DATASET].private
    assert sent_ids(served)[:2] == [first, undo] and len(sent_ids(served)) == 3
    assert {image_path(image_id(picture(each))) for each in range(3)} <= set(served.files(DATASET))
    assert not served.rewritten and len(served.repositories[DATASET].commits) == 3


@pytest.mark.parametrize(
    ("call", "fault", "words"),
    [
        ("commit", 412, "another server has just written there"),
        ("commit", 503, "fault of its own"),
        ("POST /api/datasets/anne/answers/commit", LOST, "cannot be reached"),
        ("GET /api/datasets/anne/answers", CUT, "cannot be reached"),
        ("paths-info", 403, "may not write"),
        ("paths-info", 429, "asks to wait"),
    ],
)
def test_what_failed_is_sent_again_under_the_same_name_and_is_there_once(
    served, new_sender, call, fault, words
):
    sender = new_sender("one")
    labels = [answer(sender, 0, 1)]
    served.faults.append((call, fault))
    with pytest.raises(HubProblem, match=words):
        send_all(sender)
    labels.append(answer(sender, 1, 2))
    again = new_sender("one")  # as after a kill: only the disk remembers
    send_all(again)
    assert sent_ids(served) == labels
    assert not served.rewritten and not again.unsent() and not new_sender("one").unsent()


def test_a_token_that_the_hub_refuses_is_told_and_nothing_counts_as_sent(served, new_sender):
    sender = new_sender("one")
    answer(sender, 0, 1)
    served.token = "another"
    with pytest.raises(HubProblem, match="HF_TOKEN") as refused:
        send_all(sender)
    assert refused.value.status == 401 and len(sender.unsent()) == 1


def test_a_copy_of_a_workspace_goes_on_under_an_id_of_its_own(served, new_sender, tmp_path):
    import shutil

    answer(new_sender("one"), 0, 1)
    one = new_sender("one")
    send_all(one)
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    copy = new_sender("copy")
    labels = {answer(one, 1, 2), answer(copy, 2, 3)}
    send_all(one)
    send_all(copy)
    assert labels <= set(sent_ids(served)) and len(sent_ids(served)) == 3
    assert not served.rewritten and one.ledger.server != copy.ledger.server


def test_a_damaged_shard_in_the_workspace_costs_no_answer(served, new_sender, tmp_path):
    sender = new_sender("one")
    labels = {answer(sender, 0, 1)}
    send_all(sender)
    (shard,) = (tmp_path / "one").glob("sync/*/confirmed/*.jsonl")
    shard.write_bytes(shard.read_bytes()[:40])
    again = new_sender("one")
    labels.add(answer(again, 1, 2))
    send_all(again)
    assert set(sent_ids(served)) == labels and not served.rewritten
