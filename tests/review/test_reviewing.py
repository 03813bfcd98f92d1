"""Answers looked at again: filters, states, relabelling and settling, and what retraining makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from siamese_core.answers.label_row import LabelRow, completed
from siamese_core.answers.settled import SETTLES, settled_labels
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore
from siamese_core.metrics import verdict_log_odds
from siamese_core.retraining.answered_pairs import collect
from siamese_core.review.reviewing import Filters, relabel, review, settle
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

CLEO = Annotator("Cleo", "session")


def label(label_id: str, pair: str = "ab", answer: str = "same", annotator: str = "Ada", **cells) -> LabelRow:
    return completed(
        LabelRow(
            label_id=label_id, left_id=pair[0], right_id=pair[1], answer=answer, annotator=annotator, **cells
        )
    )


def undo(target_id: str) -> LabelRow:
    return completed(LabelRow(label_id=f"undo-{target_id}", event="undo", target_id=target_id))


def opinions(koch: float, resnet50: float) -> dict[str, str]:
    numbers = {"koch": koch, "resnet50": resnet50}
    cells = {f"{name}_similarity": str(number) for name, number in numbers.items()}
    return cells | {f"{name}_threshold": "0.5" for name in numbers}


def ids(found) -> list[str]:
    return [each.row.label_id for each in found]


def test_every_answer_is_there_with_its_state():
    known = review([label("1"), label("2"), label("3", "cd"), undo("3"), label("4", "ef")])
    assert [each.state for each in known.answers] == ["replaced", "counts", "taken back", "counts"]
    assert ids(known.shown(Filters())) == ["4", "2"]
    assert ids(known.shown(Filters(state=""), "oldest")) == ["1", "2", "3", "4"]


def test_what_undoing_lays_bare_counts_again():
    known = review([label("1"), label("2", answer="different"), undo("2")])
    assert [each.state for each in known.answers] == ["counts", "taken back"]


def test_each_filter_holds_and_they_combine():
    log = [
        label("1", "ab", "same", correction="1", reason="uncertain", **opinions(0.2, 0.3)),
        label("2", "ab", "different", "Bob", correction="0", **opinions(0.2, 0.3)),
        label("3", "cd", "same", "", correction="1", reason="random_audit", **opinions(0.2, 0.9)),
        label("4", "ef", "unsure", created_at="2026-01-02T23:59:59.000Z", **opinions(0.2, 0.9)),
        label("5", "gh", "different", created_at="2026-01-03T00:00:00.000Z", **opinions(0.9, 0.2)),
    ]
    known = review(log)

    def shown(**fields) -> str:
        return "".join(ids(known.shown(Filters(**fields), "oldest")))

    assert shown(correction=True) == "13" and shown(conflict=True) == "12"
    assert shown(annotator="") == "3" and shown(annotator="Bob") == "2" and shown() == "12345"
    assert shown(wrong="any") == "135" and shown(wrong="both") == "1"
    assert shown(wrong="koch") == "135" and shown(wrong="resnet50") == "1"
    assert shown(reason="uncertain") == "1" and shown(answer="unsure") == "4"
    assert shown(until="2026-01-02") == "4" and shown(since="2026-01-03", until="2026-01-03") == "5"
    assert shown(correction=True, wrong="both", conflict=True, annotator="Ada") == "1"
    assert known.annotators == ("", "Ada", "Bob") and known.reasons == ("random_audit", "uncertain")
    assert len(known.conflicts) == 1


def test_the_likeliest_errors_come_first_and_what_cannot_be_judged_last():
    log = [
        label("right", "ab", "same", **opinions(0.9, 0.9)),
        label("unsure", "cd", "unsure", **opinions(0.9, 0.9)),
        label("wrong", "ef", "different", **opinions(0.99, 0.99)),
        label("one", "gh", "same", **opinions(0.2, 0.6)),
    ]
    log = [replace(row, koch_checkpoint="k", resnet50_checkpoint="r") for row in log]
    known = review(log)
    assert ids(known.shown(Filters(), "errors")) == ["wrong", "one", "right", "unsure"]
    assert ids(known.shown(Filters(likely=True))) == ["wrong"]


def test_what_checkpoints_say_now_counts_with_what_the_log_holds():
    row = replace(label("1", answer="same", **opinions(0.1, 0.5)), koch_checkpoint="koch-old")
    before, after = review([row]), review([row], {row.pair: {"koch-new": -4.0, "other": -4.0}})
    assert not before.answers[0].likely and after.answers[0].likely
    same_again = review([row], {row.pair: {"koch-old": verdict_log_odds(0.1, 0.5)}})
    assert same_again.answers[0].doubt == before.answers[0].doubt


@pytest.fixture
def bench(workspace) -> Workbench:
    """No checkpoint serves: an answer counts without a verdict, too."""
    return Workbench(workspace, workspace / "nothing shipped")


@pytest.fixture
def stored(bench) -> list[str]:
    rng = np.random.default_rng(0)
    return [bench.images.add(rng.integers(0, 256, (9, 9, 3), np.uint8)) for _ in range(24)]


def answer(bench, left, right, said, annotator, **cells) -> str:
    return bench.log.append(
        LabelRow(left_id=left, right_id=right, answer=said, annotator=annotator, source="page", **cells)
    )


def test_relabelling_is_a_new_answer_that_keeps_the_chance_of_being_drawn(bench, stored):
    drawn = {"task": "queue", "reason": "random_audit", "probability": "0.125", "group_id": "g"}
    first = answer(bench, stored[0], stored[1], "same", "Cleo", **drawn)
    relabel(bench, first, "different", CLEO)
    row = bench.log.rows()[-1]
    assert (row.reason, row.probability, row.task, row.group_id) == ("random_audit", "0.125", "queue", "")
    assert [each.answer for each in bench.log.labels()] == ["different"] and len(bench.log.rows()) == 2


def test_relabelling_anothers_answer_makes_a_conflict(bench, stored):
    relabel(bench, answer(bench, stored[0], stored[1], "same", "Ada"), "different", CLEO)
    assert len(bench.log.conflicts()) == 1 and bench.log.settled() == []


def test_only_an_answer_of_the_log_is_relabelled(bench, stored):
    label_id = answer(bench, stored[0], stored[1], "same", "Ada")
    undo_id = bench.undo(label_id, CLEO)
    for unknown in ("", "x", undo_id):
        with pytest.raises(UserError, match="label_id"):
            relabel(bench, unknown, "same", CLEO)
    with pytest.raises(UserError, match="answer is one of"):
        relabel(bench, label_id, "maybe", CLEO)


@pytest.mark.parametrize("annotator", ["Cleo", "Ada"])
def test_a_settled_conflict_trains_what_was_decided(bench, stored, annotator):
    """Up to the answered pairs of a retraining."""
    for number in range(0, 20, 2):
        said = "same" if number % 4 else "different"
        answer(bench, stored[number], stored[number + 1], said, "Ada")
    answer(bench, stored[20], stored[21], "same", "Ada", probability="0.25", reason="uncertain")
    answer(bench, stored[21], stored[20], "different", "Bob")
    assert said_of(bench, stored[20]) == []
    who = Annotator(annotator, "session")
    label_id = settle(bench, (stored[20], stored[21]), "different", who)
    row = bench.log.rows()[-1]
    assert (row.note, row.probability, row.reason, row.annotator) == (SETTLES, "0.25", "uncertain", annotator)
    assert bench.log.conflicts() == [] and said_of(bench, stored[20]) == [(label_id, False)]
    bench.undo(label_id, who)
    assert len(bench.log.conflicts()) == 1 and said_of(bench, stored[20]) == []


def said_of(bench: Workbench, image_id: str) -> list[tuple[str, bool]]:
    """What a retraining would use of the pair with this image."""
    images: ImageStore = bench.images
    found = collect(bench.log.rows(), images, None, np.random.default_rng(0))
    return [
        (row.label_id, bool(same))
        for row, same in zip(found.rows, found.same, strict=True)
        if image_id in row.pair
    ]


def test_a_pair_settled_as_untellable_trains_nothing(bench, stored):
    answer(bench, stored[0], stored[1], "same", "Ada")
    answer(bench, stored[0], stored[1], "different", "Bob")
    settle(bench, (stored[1], stored[0]), "unsure", CLEO)
    assert bench.log.conflicts() == [] == settled_labels(bench.log.rows())


def test_what_is_no_conflict_cannot_be_settled(bench, stored):
    answer(bench, stored[0], stored[1], "same", "Ada")
    with pytest.raises(UserError, match="nobody disagrees"):
        settle(bench, (stored[0], stored[1]), "same", CLEO)
