"""The reference says all that the code has: endpoints, parameters, keys, codes; for people and as OpenAPI."""

import json
import re

import httpx
import pytest

from siamese_core.errors import CODES
from siamese_core.page.serving.api import ENDPOINTS
from siamese_core.page.serving.contract import replies
from siamese_core.page.serving.reference.wording import keys_of, type_words


def asked(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False).raise_for_status()


def test_the_page_has_every_endpoint_and_every_code(quick_app):
    page = asked(f"{quick_app.url}/reference").text
    assert page.startswith("<!doctype html>") and '<html lang="en">' in page and "<script" not in page
    assert set(ENDPOINTS) <= set(re.findall(r'<section id="(\w+)"', page))
    assert re.findall(r'<tr id="error-(\w+)"', page) == list(CODES)
    assert f"Version {replies.API_VERSION} at <code>{quick_app.url}</code>" in page
    assert {"/healthz", "/metrics", "/reference.json"} <= set(re.findall(r"<code>(/[\w./{}]+)</code>", page))


def test_openapi_names_the_parameters_that_gradio_takes_and_refers_to_nothing_that_is_not_there(quick_app):
    document = asked(f"{quick_app.url}/reference.json").json()
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", replies.API_VERSION)
    taken = asked(f"{quick_app.url}/gradio_api/info").json()["named_endpoints"]
    for name in ENDPOINTS:
        call = document["paths"][f"/gradio_api/call/v2/{name}"]["post"]
        schema = call["requestBody"]["content"]["application/json"]["schema"]
        expected = taken[f"/{name}"]["parameters"]
        assert list(schema["properties"]) == [each["parameter_name"] for each in expected]
        needed = [each["parameter_name"] for each in expected if not each["parameter_has_default"]]
        assert schema.get("required", []) == needed
    for reference in re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)):
        assert reference in document["components"]["schemas"]


def test_the_state_of_the_app_has_the_version_wherever_it_is_asked(quick_app):
    replies.Status.model_validate(asked(f"{quick_app.url}/healthz").json())


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 100}, "whole number, 1 to 100"),
        ({"type": "string", "maxLength": 200}, "text, at most 200 characters"),
        (
            {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}]},
            "number, 0 to 1 or null",
        ),
        ({"type": "string", "enum": ["same", "unsure"]}, '"same", "unsure"'),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 9},
            "list of 1 to 9: text",
        ),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object by name of: whole number"),
    ],
)
def test_a_type_is_said_in_words(schema, words):
    assert type_words(schema) == words


def test_keys_are_listed_with_what_is_in_them():
    schema = replies.Status.model_json_schema()
    found = {key: type for key, type, _ in keys_of(schema, schema["$defs"])}
    assert (found["slots"], found["slots{}.problem"]) == ("object by name of objects", "text or null")
    schema = replies.Ranked.model_json_schema()
    found = {key: type for key, type, _ in keys_of(schema, schema["$defs"])}
    assert found["results[].ranking[].class"] == "text"
    assert found["left_out.counts"] == "object by name of: whole number"


@pytest.mark.browser
def test_a_phone_shows_the_reference_without_scrolling_sideways(page, quick_app, screenshots):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{quick_app.url}/reference")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("nav a[href='#find']").click()
    assert page.locator("#find h2").is_visible()
    page.screenshot(path=screenshots / "reference_phone.png")
