"""An empty workspace is as it was; the logs of two servers become one, the same on both."""

import random

from helpers.hub import CUT
from helpers.syncing import answer, send_all
from siamese_core.answers.label_row import LabelRow
from siamese_core.syncing.hub import HubProblem
from siamese_core.syncing.order import PlacedRow, merged, placed
from siamese_core.syncing.restoring import restore


def silent(words: str) -> None:
    """Progress that nobody reads."""


def test_an_empty_workspace_gets_log_and_images_back_to_the_row(new_sender):
    one = new_sender("one")
    first = answer(one, 0, 1)
    answer(one, 1, 2, "different", created_at="2020-01-01T00:00:00.000Z")  # as an import has it
    one.log.undo(first, "Anne", "")
    send_all(one)
    other = new_sender("other")
    assert restore(other, silent) is None
    assert other.log.rows() == one.log.rows() and other.images.ids() == one.images.ids()
    assert not other.unsent() and restore(one, silent) is None


def test_two_servers_come_to_the_same_log_with_the_same_answers_standing(new_sender, served):
    one, two = new_sender("one"), new_sender("two")
    shared = answer(one, 0, 1)
    send_all(one)
    restore(two, silent)
    one.log.undo(shared, "Anne", "")
    two.log.undo(shared, "Bob", "")
    for number in range(6):
        sender = (one, two)[number % 2]
        answer(sender, number % 3, 3, ("same", "different")[number % 2])
    send_all(two)
    send_all(one)
    for sender in (one, two):
        restore(sender, silent)
    again = new_sender("two")
    assert one.log.rows() == two.log.rows() == again.log.rows()
    assert one.log.labels() == two.log.labels() and len(one.log.labels()) == 3
    assert not one.unsent() and not two.unsent() and not served.rewritten
    assert len({row.label_id for row in one.log.rows()}) == 8  # seven labels, one undo
    assert again.log.problem() is two.log.problem() is None  # the second undo is no lost answer


def test_what_one_workspace_alone_has_is_sent_when_it_starts(new_sender):
    one = new_sender("one")
    labels = [answer(one, 0, 1), answer(one, 1, 2)]
    restore(one, silent)
    two = new_sender("two")
    restore(two, silent)
    assert [row.label_id for row in two.log.rows()] == labels


def test_a_restoration_that_is_cut_off_goes_on_where_it_was(new_sender, served):
    one = new_sender("one")
    for number in range(3):
        answer(one, number, number + 1)
        send_all(one)
    two = new_sender("two")
    served.faults += [("HEAD /datasets/anne/answers/resolve", CUT)] * 9
    try:
        restore(two, silent)
    except HubProblem:
        served.faults.clear()
    restore(new_sender("two"), silent)
    assert two.log.rows() == one.log.rows() and two.images.ids() == one.images.ids()


def test_a_shard_of_a_later_version_is_told_and_the_rest_is_restored(new_sender, served):
    one = new_sender("one")
    answer(one, 0, 1)
    send_all(one)
    served.add(
        "datasets/anne/answers", {f"answers/{'0' * 16}-00000001.jsonl": b'{"event": "later", "moment": 1}\n'}
    )
    two = new_sender("two")
    assert "1 files of answers" in restore(two, silent)
    assert two.log.rows() == one.log.rows()


def test_moments_follow_the_log_whatever_the_clock_says():
    times = ("2026-01-02T00:00:00.000Z", "2026-01-01T00:00:00.000Z", "", "2099-01-01T00:00:00Z")
    rows = [LabelRow(label_id=str(number), created_at=time) for number, time in enumerate(times)]
    now = 1_800_000_000_000
    found = [each.moment for each in placed(rows, after=5, now=now)]
    assert found == [1767312000000, 1767312000001, 1767312000002, now]


def test_merging_is_the_same_in_every_order_and_an_undo_stands_behind_its_label():
    rows = [PlacedRow(LabelRow(label_id=f"{number}", event="label"), 10 + number // 2) for number in range(8)]
    rows += [
        PlacedRow(LabelRow(label_id=f"u{number}", event="undo", target_id=f"{number}"), 3)
        for number in (2, 5)
    ]
    rows += [PlacedRow(LabelRow(label_id="u", event="undo", target_id="2"), 40)]
    rows += [PlacedRow(LabelRow(label_id="lone", event="undo", target_id="absent"), 41)]
    expected = ["0", "1", "2", "u2", "3", "4", "5", "u5", "6", "7"]
    for seed in range(20):
        random.Random(seed).shuffle(rows)
        assert [row.label_id for row in merged([*rows, *rows[:3]])] == expected
