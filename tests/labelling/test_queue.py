"""The queue on a real workspace with small checkpoints: what is asked, of whom, and never twice."""

import shutil
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import image_file
from helpers.small_checkpoints import ship_small, small_checkpoint
from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.errors import UserError
from siamese_core.labelling.asked import LEASE_SECONDS
from siamese_core.labelling.mining import AUDIT, REASONS
from siamese_core.labelling.pool import Pool
from siamese_core.labelling.question_table import build_table
from siamese_core.labelling.queue import MOST_AT_ONCE, WISHED, Questions
from siamese_core.metric_learning.familiarity import fit_familiarity
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

COUNT = 30
ALL_PAIRS = COUNT * (COUNT - 1) // 2
ANNE = Annotator("Anne", "session 1")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Path:
    return ship_small(tmp_path_factory.mktemp("shipped"), *SLOTS)


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for number in range(COUNT):
        file = folder / f"class{number % 3}" / f"{number:02d}.png"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(image_file(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)))
    return folder


@pytest.fixture(scope="module")
def served(images, shipped, tmp_path_factory) -> Workbench:
    """A workspace with every image embedded, whose checkpoints are loaded once for the file."""
    bench = Workbench(tmp_path_factory.mktemp("served") / "workspace", shipped)
    pool = Pool(bench)
    pool.files.add_folder(images)
    pool.work()
    return bench


@pytest.fixture
def bench(served) -> Workbench:
    """The same with an empty log."""
    served.log.path.unlink(missing_ok=True)
    served.log = type(served.log)(served.log.path)
    return served


@pytest.fixture
def asking(bench, images):
    """`asking(**options)`: the queue as after a start."""

    def asking(seed: int = 0, **options) -> Questions:
        pool = Pool(bench)
        pool.files.add_folder(images)
        questions = Questions(bench, pool, np.random.default_rng(seed), **options)
        questions.shares.repeats = 0.0  # which may come at any time
        return questions

    return asking


def reply(bench: Workbench, questions, annotator: str = "Anne", answer: str = "different") -> list[str]:
    """Answers as rows of the log, without asking the encoders."""
    return bench.log.append_many(
        [
            LabelRow(
                annotator=annotator,
                left_id=each.left_id,
                right_id=each.right_id,
                answer=answer,
                task="queue",
                reason=each.reason,
                probability=repr(each.probability),
            )
            for each in questions
        ]
    )


def pairs(questions) -> list[tuple[str, str]]:
    return [each.pair for each in questions]


def test_a_question_is_as_in_the_contract_and_says_what_compare_says(asking, bench):
    found = asking().next_pairs(10, "Anne")
    assert len(found) == 10
    for each in found:
        told = each.json()
        assert list(told) == ["left", "right", "similarity", "reason", "probability"]
        assert told["left"] in bench.images and told["right"] in bench.images
        assert told["reason"] in REASONS and 0 < told["probability"] <= 1
        said = bench.matcher.compare(bench.images.read(told["left"]), bench.images.read(told["right"]))
        assert told["similarity"] == pytest.approx({one.encoder: one.similarity for one in said}, abs=1e-5)


def test_a_question_about_little_known_images_says_what_compare_says(asking, bench, monkeypatch):
    checkpoint = bench.matcher.checkpoint("koch", PHOTOGRAPHS)
    rows = np.random.default_rng(0).normal(size=(80, checkpoint.encoder.output_shape[-1]))
    known = fit_familiarity(rows, 0.1 * rows[:60], np.ones(rows.shape[1]), unit=False, rank=4)
    doubted = replace(known, trust_weights=np.array([-1.0, 0.0, 0.0, 0.0]))
    monkeypatch.setattr(checkpoint, "familiarity", doubted)
    for each in asking().next_pairs(5, "Anne"):
        pair = (bench.images.read(image_id) for image_id in (each.left_id, each.right_id))
        (said,) = bench.matcher.compare(*pair, ["koch"])
        assert each.json()["similarity"]["koch"] == pytest.approx(said.similarity, abs=1e-5)


def test_the_side_of_an_image_tells_nothing(asking):
    found = asking().next_pairs(30, "Anne")
    assert 5 < sum(each.left_id < each.right_id for each in found) < 25


def test_no_pair_comes_twice_whoever_asks_and_answered_or_not(asking, bench):
    questions = asking()
    found = []
    for number in range(12):
        batch = questions.next_pairs(10, ("Anne", "Bob")[number % 2])
        reply(bench, batch[:5], ("Anne", "Bob")[number % 2])
        found += pairs(batch)
    assert len(found) == len(set(found)) == 120


def test_no_image_comes_more_than_twice_in_a_batch(asking):
    found = asking().next_pairs(10, "Anne")
    assert max(Counter(image for pair in pairs(found) for image in pair).values()) <= 2


def test_what_was_answered_does_not_come_after_a_restart_either(asking, bench):
    answered = asking().next_pairs(100, "Anne")
    reply(bench, answered)
    again = [pair for _ in range(4) for pair in pairs(asking(1).next_pairs(80, "Anne"))]
    assert not set(again) & set(pairs(answered))


@pytest.mark.parametrize(("threshold", "told"), [(0.0, True), (1.0, False)])
def test_a_threshold_that_calls_nearly_every_pair_same_is_told(asking, bench, monkeypatch, threshold, told):
    queue = asking()
    for slot in SLOTS:
        monkeypatch.setattr(bench.matcher.checkpoint(slot, queue.pool.domain()), "threshold", threshold)
    assert queue.warnings() == queue.pool.warnings()  # nothing is known before a pair is drawn
    queue.next_pairs(1, "Anne")
    for slot in SLOTS:
        assert ("Calls 100 % of random pairs" in queue.warnings().get(slot, "")) is told


def test_who_never_saw_such_images_takes_no_part_in_choosing_questions(asking, bench, monkeypatch):
    pool, rng = asking().pool, np.random.default_rng(0)
    koch, resnet50 = (bench.matcher.checkpoint(slot, pool.domain()) for slot in SLOTS)
    monkeypatch.setattr(koch, "card", replace(koch.card, trained_on=HANDWRITING))
    for trained_on, encoders in ((HANDWRITING, 2), (PHOTOGRAPHS, 1)):  # these are photographs
        monkeypatch.setattr(resnet50, "card", replace(resnet50.card, trained_on=trained_on))
        table = build_table(pool, rng)
        assert table.candidates.log_odds.shape[1] == encoders  # where all abstain, by all of them
        assert set(table.abstaining) == {"koch", "resnet50"} - ({"resnet50"} if encoders == 1 else set())
    seen = {each.slot: view for view, each in zip(table.views, table.embedded, strict=True)}
    candidates = table.candidates
    alike = seen["resnet50"].compare(candidates.left, candidates.right)
    np.testing.assert_array_equal(candidates.log_odds[:, 0], alike)
    assert not candidates.disagreement.any()
    assert all([each.abstains for each in row] == [True, False] for row in table.verdicts(every_pair(table)))


def every_pair(table):
    ends = zip(table.candidates.left, table.candidates.right, strict=True)
    return [(table.ids[left], table.ids[right]) for left, right in ends]


def test_an_answer_taken_back_or_given_by_an_agent_leaves_the_pair_open(asking, bench):
    questions = asking()
    everything = [each for _ in range(5) for each in questions.next_pairs(100, "Anne")]
    assert len(everything) == ALL_PAIRS
    labels = reply(bench, everything)
    assert asking().next_pairs(1, "Anne") == []
    bench.log.undo(labels[7], "Anne", "")
    assert pairs(asking().next_pairs(5, "Anne")) == [everything[7].pair]
    bench.answer(*everything[7].pair, "same", Annotator("agent Bot", source="agent"))
    assert pairs(asking().next_pairs(5, "Anne")) == [everything[7].pair]


def test_open_questions_come_again_only_when_nothing_else_is_left(asking, bench):
    now = [0.0]
    questions = asking(clock=lambda: now[0])
    first = [each for _ in range(5) for each in questions.next_pairs(100, "Anne")]
    assert len(set(pairs(first))) == ALL_PAIRS
    assert questions.next_pairs(5, "Anne") == questions.next_pairs(5, "Bob") == []
    reply(bench, first[:400])
    now[0] = LEASE_SECONDS + 1
    again = questions.next_pairs(50, "Bob")
    assert again == first[400:]
    assert questions.next_pairs(50, "Anne") == []


def test_an_answer_is_logged_with_why_and_by_what_chance_the_pair_was_drawn(asking, bench):
    questions = asking()
    (found,) = questions.next_pairs(1, "Anne")
    shown = questions.shown(found.right_id, found.left_id, "Anne")
    label = bench.answer(found.left_id, found.right_id, "same", ANNE, shown)
    (row,) = bench.log.labels()
    assert (row.label_id, row.task, row.reason) == (label, "queue", found.reason)
    assert float(row.probability) == found.probability
    assert questions.shown(found.left_id, found.right_id, "Bob") is None


def test_answering_a_question_embeds_nothing(asking, bench, monkeypatch):
    questions = asking()
    bench.matcher.cache = type(bench.matcher.cache)()
    (found,) = questions.next_pairs(1, "Anne")
    for slot in SLOTS:
        monkeypatch.setattr(bench.matcher.checkpoint(slot), "prepare", lambda image: pytest.fail("embeds"))
    assert bench.answer(found.left_id, found.right_id, "same", ANNE)
    (row,) = bench.log.labels()
    assert float(row.koch_similarity) == pytest.approx(found.similarity["koch"], abs=1e-5)


def test_a_share_of_the_questions_goes_to_a_second_annotator(asking, bench):
    questions = asking()
    first = questions.next_pairs(40, "Anne")
    reply(bench, first)
    questions.shares.opinions = 0.5
    bobs = [each for _ in range(4) for each in questions.next_pairs(10, "Bob")]
    told = {each.pair: (each.reason, each.probability) for each in first}
    second = [each for each in bobs if each.pair in told]
    assert 10 <= len(second) <= 30
    assert all(told[each.pair] == (each.reason, each.probability) for each in second)
    assert len(set(pairs(bobs))) == 40
    reply(bench, bobs, "Bob")
    cleos = [each for _ in range(4) for each in questions.next_pairs(10, "Cleo")]
    assert not set(pairs(cleos)) & set(pairs(second)), "two have answered these"


def test_one_does_not_give_a_second_opinion_on_oneself(asking, bench):
    questions = asking()
    first = questions.next_pairs(40, "Anne")
    reply(bench, first)
    questions.shares.opinions = 1.0
    assert not set(pairs(questions.next_pairs(40, "Anne"))) & set(pairs(first))


def test_clients_that_ask_at_once_get_different_pairs(asking):
    questions, found = asking(), []
    questions.next_pairs(1, "first")

    def ask(name: str) -> None:
        for _ in range(5):
            found.extend(pairs(questions.next_pairs(5, name)))

    threads = [threading.Thread(target=ask, args=(f"client {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 200


def test_hard_negatives_come_from_different_classes(asking, bench):
    names = {each.image_id: each.class_name for each in asking().pool.images()}
    found = asking().mine(30, {"hard_negative": 1.0})
    assert len(found) == 30
    assert all(names[each.left_id] != names[each.right_id] for each in found)


def test_pairs_that_answers_imply_are_not_asked_but_for_an_audit(asking, bench):
    """Ten images of one identity by nine answers: the other 36 pairs among them are implied."""
    ids = [each.image_id for each in asking().pool.images()][:10]
    for other in ids[1:]:
        row = LabelRow(annotator="Anne", left_id=ids[0], right_id=other, answer="same", task="queue")
        bench.log.append(row)
    questions = asking()
    found = [each for _ in range(5) for each in questions.next_pairs(40, "Anne")]
    implied = [each for each in found if {*each.pair} <= set(ids)]
    assert {each.reason for each in implied} <= {AUDIT}
    assert len(found) == 200


def test_mining_asks_nobody_and_leaves_out_what_is_answered(asking, bench):
    questions = asking()
    answered = questions.next_pairs(100, "Anne")
    reply(bench, answered)
    found = questions.mine(ALL_PAIRS)
    assert set(pairs(found)) | set(pairs(answered)) == set(pairs(found)) ^ set(pairs(answered))
    assert len(found) == ALL_PAIRS - 100
    assert len(questions.next_pairs(50, "Anne")) == 50


@pytest.mark.parametrize("count", [0, -1, MOST_AT_ONCE + 1, 2.5, "3", None, True])
def test_a_count_out_of_range_is_told(asking, count):
    with pytest.raises(UserError, match="count is a whole number from 1 to 100. Received"):
        asking().next_pairs(count, "Anne")


def test_without_images_the_queue_says_what_to_do(bench):
    with pytest.raises(
        UserError, match="Questions need two images. Received: 0 embedded of 0 files.*Add images"
    ):
        Questions(bench, Pool(bench)).next_pairs(1, "Anne")


def test_images_that_are_added_are_asked_about(asking, bench, tmp_path):
    questions = asking()
    questions.next_pairs(1, "Anne")
    new = np.random.default_rng(9).integers(0, 256, (6, 24, 24, 3), dtype=np.uint8)
    for number, pixels in enumerate(new):
        (tmp_path / f"{number}.png").write_bytes(image_file(pixels))
    known = {each.image_id for each in questions.pool.images()}
    questions.pool.files.add_folder(tmp_path)
    questions.pool.work()
    added = {each.image_id for each in questions.pool.images()} - known
    assert len(added) == 6
    found = [each for _ in range(4) for each in questions.next_pairs(40, "Anne")]
    assert added <= {image for pair in pairs(found) for image in pair}


def test_a_promoted_encoder_is_followed_once_it_has_embedded_enough(served, shipped, images, tmp_path):
    workspace = shutil.copytree(served.workspace, tmp_path / "workspace")
    bench = Workbench(workspace, shipped)
    pool = Pool(bench)
    pool.files.add_folder(images)
    questions = Questions(bench, pool, np.random.default_rng(0))
    before = questions.mine(ALL_PAIRS)
    saved = save_checkpoint(small_checkpoint(5), bench.checkpoints.new_folder("small_cnn"), True)
    bench.checkpoints.promote(saved.id, "koch")
    told = {each.pair: each.similarity["koch"] for each in before}
    waiting = questions.mine(3)
    assert all(told[each.pair] == each.similarity["koch"] for each in waiting), "the old table serves on"
    pool.work()
    after = questions.mine(ALL_PAIRS)
    assert len(after) == len(before)
    moved = [abs(each.similarity["koch"] - told[each.pair]) for each in after]
    assert np.mean(moved) > 0.01


def test_pairs_that_a_person_puts_first_are_asked_once_before_all_others(asking):
    questions = asking()
    table = build_table(questions.pool, np.random.default_rng(0))
    wished = (table.ids[3], table.ids[7])
    questions.ask_first([wished, wished])
    first, *others = questions.next_pairs(10, "Anne")
    assert (first.pair, first.reason, first.probability) == (tuple(sorted(wished)), WISHED, 1.0)
    assert wished not in [each.pair for each in others + questions.next_pairs(50, "Bob")]
    assert questions.shown(*wished, "Anne").reason == WISHED
    with pytest.raises(UserError, match="Only images to label"):
        questions.ask_first([(table.ids[0], "f" * 64)])


def test_gold_questions_come_to_others_looking_like_any_and_are_logged_as_what_they_are(asking, bench):
    questions = asking()
    first = questions.next_pairs(6, "Anne")
    reply(bench, first)
    questions.gold.add({each.pair: "same" for each in first})
    questions.shares.golds = 1.0
    found = questions.next_pairs(6, "Bob")
    assert {each.pair for each in found} == {each.pair for each in first}
    assert {each.reason for each in found} == {"gold"}
    assert all(each.json()["reason"] in REASONS for each in found)
    shown = questions.shown(*found[0].pair, "Bob")
    assert (shown.reason, shown.probability) == ("gold", None)
    assert not {each.pair for each in questions.next_pairs(6, "Bob")} & {each.pair for each in first}
