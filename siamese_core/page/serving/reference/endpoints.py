"""Read the endpoints and routes that serve, out of their signatures, docstrings and reply models."""

import inspect
import typing
from collections.abc import Iterable
from dataclasses import dataclass

import gradio as gr
from pydantic import TypeAdapter
from starlette.routing import Route

from siamese_core.page.serving.contract.replies import Reply

EVERYWHERE = (
    "bad_call",
    "not_found",
    "unknown_host",
    "forbidden",
    "too_large",
    "unavailable",
    "server_failed",
)


@dataclass(frozen=True)
class Parameter:
    """A parameter of an endpoint. schema: of its values, as JSON schema, with `default` unless required."""

    name: str
    schema: dict
    required: bool


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the API. raises: codes of the errors that are its own."""

    name: str
    summary: str
    details: str
    parameters: tuple[Parameter, ...]
    reply: type[Reply]

    @property
    def raises(self) -> tuple[str, ...]:
        return self.reply.raises


@dataclass(frozen=True)
class PlainRoute:
    """A route that a browser or curl asks for as it is."""

    path: str
    summary: str


def endpoints_of(page: gr.Blocks, names: Iterable[str]) -> list[Endpoint]:
    """Return the endpoints of a page that is built, in the order of their names."""
    called = {each.api_name: each.fn for each in page.fns.values()}
    return [described(name, inspect.unwrap(called[name])) for name in names]


def described(name: str, function: typing.Callable) -> Endpoint:
    summary, _, details = inspect.getdoc(function).partition("\n\n")
    hints = typing.get_type_hints(function, include_extras=True)
    _, reply = typing.get_args(hints["return"])
    parameters = tuple(_parameter(each, hints[each.name]) for each in _signature(function))
    return Endpoint(name, summary, " ".join(details.split()), parameters, reply)


def plain_routes(routes: Iterable[Route]) -> list[PlainRoute]:
    """Return those routes whose handlers say what they are for."""
    told = [(each.path, inspect.getdoc(each.endpoint)) for each in routes]
    return [PlainRoute(path, " ".join(words.split())) for path, words in told if words]


def _signature(function: typing.Callable) -> Iterable[inspect.Parameter]:
    return inspect.signature(function).parameters.values()


def _parameter(parameter: inspect.Parameter, hint: object) -> Parameter:
    schema, required = TypeAdapter(hint).json_schema(), parameter.default is inspect.Parameter.empty
    return Parameter(
        parameter.name, schema if required else schema | {"default": parameter.default}, required
    )
