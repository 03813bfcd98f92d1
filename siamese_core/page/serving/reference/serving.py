"""Serve the reference: a page for people, and the same as OpenAPI for programs."""

import json
from collections.abc import Sequence
from functools import lru_cache

import gradio as gr
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from siamese_core.errors import CODES
from siamese_core.page.parts.templates import render
from siamese_core.page.serving.address import Address
from siamese_core.page.serving.contract.replies import API_VERSION
from siamese_core.page.serving.reference.endpoints import (
    EVERYWHERE,
    Endpoint,
    PlainRoute,
    endpoints_of,
    plain_routes,
)
from siamese_core.page.serving.reference.examples import examples, languages
from siamese_core.page.serving.reference.openapi import openapi
from siamese_core.page.serving.reference.wording import keys_of, type_words
from siamese_core.page.theme import standalone_style

TEMPLATE = "serving/reference/reference.html.jinja"


def reference_routes(
    page: gr.Blocks, names: Sequence[str], beside: Sequence[Route], address: Address
) -> list:
    """Return the routes of the reference to the endpoints of these names and to the routes `beside` them."""

    @lru_cache(1)
    def known() -> tuple[list[Endpoint], list[PlainRoute]]:
        return endpoints_of(page, names), plain_routes([*beside, *own])

    def reference(request: Request) -> Response:
        """This reference, made out of the code that answers."""
        return HTMLResponse(reference_page(*known(), asked_at(request, address)))

    def specification(request: Request) -> Response:
        """The same as OpenAPI 3.1, for programs that write clients."""
        return JSONResponse(openapi(*known(), asked_at(request, address)))

    own = [Route("/reference", reference), Route("/reference.json", specification)]
    return own


def asked_at(request: Request, address: Address) -> str:
    """Return the URL of the app as whoever asks knows it; `guard` has seen that the host is one of ours."""
    if "://" in address.root_path:
        return address.root_path
    return f"{request.url.scheme}://{request.url.netloc}{address.root_path}"


def reference_page(endpoints: Sequence[Endpoint], routes: Sequence[PlainRoute], address: str) -> str:
    """Return the page as HTML."""
    return render(
        TEMPLATE,
        version=API_VERSION,
        address=address,
        style=standalone_style("reference.css"),
        endpoints=[_shown(each) for each in endpoints],
        routes=routes,
        codes=CODES,
        everywhere=EVERYWHERE,
        languages=languages(address),
    )


def _shown(endpoint: Endpoint) -> dict:
    """Return what the template shows of an endpoint."""
    schema = endpoint.reply.model_json_schema()
    parameters = [
        {
            "name": each.name,
            "type": type_words(each.schema),
            "default": "required" if each.required else json.dumps(each.schema["default"]),
            "meaning": each.schema.get("description", ""),
        }
        for each in endpoint.parameters
    ]
    return {
        "name": endpoint.name,
        "summary": endpoint.summary,
        "details": endpoint.details,
        "parameters": parameters,
        "keys": list(keys_of(schema, schema.get("$defs", {}))),
        "raises": endpoint.raises,
        "examples": examples(endpoint),
    }
