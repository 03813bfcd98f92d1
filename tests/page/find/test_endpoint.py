"""A search by a program over the images to label: nearly the JSON of the command line."""

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError


@pytest.fixture
def client(labelling):
    running = Client(labelling.url, verbose=False, analytics_enabled=False)
    yield running
    running.close()


def test_find_answers_as_the_command_line_does(client, labelling):
    drawing = next(labelling.workspace.parent.glob("images/*/*.png"))
    found = client.predict(handle_file(drawing), 5, api_name="/find")
    assert list(found) == ["query", "results", "left_out"]
    assert [each["encoder"] for each in found["results"]] == ["koch", "resnet50"]
    for result in found["results"]:
        assert list(result)[:3] == ["encoder", "checkpoint", "matches"]
        assert [list(each) for each in result["matches"]] == [["file", "image_id", "similarity", "same"]] * 5
        similarities = [each["similarity"] for each in result["matches"]]
        assert similarities == sorted(similarities, reverse=True)
        assert 5 <= result["images"] <= 60  # it may still be growing
    with pytest.raises(AppError, match="top is 1 to 1000"):
        client.predict(handle_file(drawing), 0, api_name="/find")
    with pytest.raises(AppError, match="among is one of pool"):
        client.predict(handle_file(drawing), 5, "everything", api_name="/find")
