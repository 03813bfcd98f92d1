"""The HTTP contract, key by key, through gradio_client and as curl does it."""

import base64
import json
import re
from urllib.request import urlopen

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from helpers.browsing import glyph, logged
from helpers.calling import Caller
from helpers.samples import image_file, photograph

ID = re.compile("[0-9a-f]{64}")


@pytest.fixture(scope="module")
def client(quick_app):
    running = Client(quick_app.url, verbose=False, analytics_enabled=False)
    yield running
    running.close()


@pytest.fixture(scope="module")
def caller(quick_app):
    caller = Caller(quick_app.url)
    yield caller
    caller.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list:
    """Six drawings, as gradio_client sends them."""
    folder = tmp_path_factory.mktemp("drawings")
    for seed in range(6):
        (folder / f"drawing{seed}.png").write_bytes(glyph(500 + seed))
    return [handle_file(folder / f"drawing{seed}.png") for seed in range(6)]


@pytest.fixture(scope="module")
def compared(client, files) -> dict:
    return client.predict(files[0], files[1], api_name="/compare")


def test_compare_answers_as_the_command_line_does(compared):
    assert list(compared) == ["left", "right", "results"]
    assert ID.fullmatch(compared["left"]) and ID.fullmatch(compared["right"])
    assert [each["encoder"] for each in compared["results"]] == ["koch", "resnet50"]
    for said in compared["results"]:
        assert list(said)[:5] == ["encoder", "checkpoint", "similarity", "threshold", "same"]
        assert 0 <= said["similarity"] <= 1
        assert said["same"] == (said["similarity"] >= said["threshold"])


def test_explain_gives_the_sentence_and_the_overlays_of_both_encoders(client, files, compared):
    found = client.predict(files[0], files[1], api_name="/explain")
    assert (found["left"], found["right"]) == (compared["left"], compared["right"])
    for why, said in zip(found["results"], compared["results"], strict=True):
        assert (why["encoder"], why["similarity"]) == (said["encoder"], said["similarity"])
        assert f"its similarity is {said['similarity']:.2f}" in why["sentence"]
        overlays = [base64.b64decode(each) for pair in why["overlays"].values() for each in pair]
        assert len(overlays) == 4 and all(each.startswith(b"\x89PNG") for each in overlays)


def test_one_shot_ranks_the_files_by_their_names(client, files):
    answer = client.predict(files[0], files[1:], api_name="/one_shot")
    assert list(answer) == ["query", "results"]
    for said in answer["results"]:
        assert list(said)[:5] == ["encoder", "checkpoint", "pick", "margin", "ranking"]
        assert {each["class"] for each in said["ranking"]} == {f"drawing{seed}" for seed in range(1, 6)}
        similarities = [each["similarity"] for each in said["ranking"]]
        assert similarities == sorted(similarities, reverse=True)
        assert said["margin"] == pytest.approx(similarities[0] - similarities[1])
        assert said["pick"] in (said["ranking"][0]["class"], None)  # None: none of these


def test_one_shot_takes_a_class_for_each_file(client, files):
    answer = client.predict(files[0], files[1:5], ["alef", "alef", "bet", "bet"], api_name="/one_shot")
    assert {each["class"] for each in answer["results"][0]["ranking"]} == {"alef", "bet"}


def test_class_names_are_cleaned_and_those_that_look_alike_are_told(client, files):
    given = ["cat", "cat ", "Cat", "do\u200bg\u202e"]
    answer = client.predict(files[0], files[1:5], given, api_name="/one_shot")
    assert {each["class"] for each in answer["results"][0]["ranking"]} == {"cat", "Cat", "dog"}
    assert answer["notes"] == ["'cat' and 'cat ' are one class", "'Cat' and 'cat' are 2 classes"]


def test_a_support_file_that_is_no_image_is_left_out_and_named(caller):
    support = [caller.uploaded(glyph(1)), caller.uploaded(b"no image"), caller.uploaded(glyph(2))]
    kind, answer = caller.curl("one_shot", [caller.uploaded(glyph(3)), support, ["alef", "bet", "gimel"]])
    assert kind == "complete"
    assert {each["class"] for each in answer["results"][0]["ranking"]} == {"alef", "gimel"}
    assert answer["left_out"]["counts"] == {"unreadable": 1}
    assert "Received:" in answer["left_out"]["files"][0]["why"]
    kind, answer = caller.curl("one_shot", [caller.uploaded(glyph(3)), support[1:2], None])
    assert kind == "error" and "support must hold an image that can be read" in answer["error"]


def test_an_answer_is_on_disk_before_it_is_told(client, compared, quick_app):
    told = client.predict(compared["left"], compared["right"], "same", "Ada", api_name="/answer")
    assert told == {"label_id": told["label_id"], "saved": True}
    row = next(row for row in logged(quick_app.workspace) if row.label_id == told["label_id"])
    assert (row.left_id, row.right_id) == (compared["left"], compared["right"])
    assert (row.answer, row.annotator, row.source, row.event) == ("same", "Ada", "api", "label")
    said = {each["encoder"]: each for each in compared["results"]}
    assert float(row.koch_similarity) == pytest.approx(said["koch"]["similarity"], abs=1e-6)
    wrong = any(not each["same"] for each in compared["results"])
    assert row.correction == ("1" if wrong else "0")


def test_an_answer_sent_again_with_its_request_id_is_one_row(caller, client, compared, quick_app):
    given = [compared["left"], compared["right"], "same", "Eve"]
    told = [client.predict(*given, "trial-1", api_name="/answer") for _ in range(2)]
    assert told[0] == told[1]
    assert [row.label_id for row in logged(quick_app.workspace) if row.annotator == "Eve"] == [
        told[0]["label_id"]
    ]
    kind, refused = caller.curl("answer", [*given[:2], "different", "Eve", "trial-1"])
    assert (kind, refused["code"]) == ("error", "request_id_reused")
    other = client.predict(*given, "trial-2", api_name="/answer")
    assert other["label_id"] != told[0]["label_id"]


def test_undo_takes_an_answer_back_once(client, compared, quick_app):
    told = client.predict(compared["left"], compared["right"], "different", "Bob", api_name="/answer")
    client.predict(told["label_id"], api_name="/undo")
    undo = logged(quick_app.workspace)[-1]
    assert (undo.event, undo.target_id, undo.source) == ("undo", told["label_id"], "api")
    with pytest.raises(AppError, match="already"):
        client.predict(told["label_id"], api_name="/undo")


def test_status_tells_slots_and_counts(client):
    status = client.predict(api_name="/status")
    counts = ["images", "labels", "corrections", "conflicts"]
    assert list(status) == ["ready", "slots", "photos_problem", "log_problem", *counts, "api_version"]
    assert status["ready"] is True
    assert list(status["slots"]) == ["koch", "resnet50"]
    assert all(list(slot)[:3] == ["state", "checkpoint", "problem"] for slot in status["slots"].values())


def test_the_health_of_the_app_can_be_asked(quick_app):
    with urlopen(f"{quick_app.url}/healthz") as answer:
        assert (answer.status, json.loads(answer.read())["ready"]) == (200, True)


def test_curl_needs_two_steps(caller):
    kind, answer = caller.curl("compare", [caller.uploaded(glyph(1)), caller.uploaded(glyph(2))])
    assert kind == "complete" and list(answer) == ["left", "right", "results"]
    kind, status = caller.curl("status", [])
    assert kind == "complete" and status["ready"] is True


def test_an_encoder_that_abstains_gives_numbers_only_where_it_is_asked_anyway(caller):
    photo = image_file(photograph(np.random.default_rng(1)))
    pair = [caller.uploaded(glyph(1)), caller.uploaded(photo)]
    _, quiet = caller.curl("compare", pair)
    _, asked = caller.curl("compare", [*pair, True])
    abstaining = [each for each in quiet["results"] if each["abstains"]]
    assert abstaining and all(each["similarity"] is each["same"] is None for each in abstaining)
    assert [each["abstains"] for each in asked["results"]] == [each["abstains"] for each in quiet["results"]]
    assert all(0 <= each["similarity"] <= 1 for each in asked["results"])
    kind, answer = caller.curl("compare", [*pair, "yes"])
    assert kind == "error" and "ask_anyway must be true or false. Received: 'yes'" in answer["error"]


WRONG = {
    "compare": [["text", None], [{}, {}], [{"path": 7}, {"path": 8}]],
    "one_shot": [[None, None, None], [None, [], None], [None, [{}], ["one", "two"]]],
    "answer": [["0" * 64, "1" * 64, "same", ""], ["../x", "y", "same", ""], [1, 2, 3, 4]],
    "undo": [["unknown"], [["list"]]],
}


@pytest.mark.parametrize(("endpoint", "data"), [(name, data) for name in WRONG for data in WRONG[name]])
def test_wrong_input_is_told_in_words(caller, endpoint, data, quick_app):
    before = len(quick_app.log())
    kind, answer = caller.curl(endpoint, data)
    assert kind == "error"
    assert "Received:" in answer["error"]
    assert str(quick_app.workspace) not in answer["error"]
    assert "Traceback" not in quick_app.log()[before:]


def test_an_answer_must_be_one_of_three(client, compared):
    with pytest.raises(AppError, match="same, different, unsure"):
        client.predict(compared["left"], compared["right"], "maybe", api_name="/answer")


def test_a_name_for_each_file_or_none(client, files):
    with pytest.raises(AppError, match="a name for each file. Received: 1 for 2"):
        client.predict(files[0], files[1:3], ["one"], api_name="/one_shot")
