"""Write the HTTP interface as OpenAPI 3.1.

An endpoint is two requests, as gradio has it: a POST that gives an `event_id`, and a GET of the stream of
events that ends in the reply or in an error.
"""

from collections.abc import Sequence

from siamese_core.errors import CODES
from siamese_core.page.serving.contract.replies import API_VERSION
from siamese_core.page.serving.policy import OF_STATUS
from siamese_core.page.serving.reference.endpoints import EVERYWHERE, Endpoint, PlainRoute

TITLE = "Siamese Workbench"
SCHEMAS = "#/components/schemas/"
ERROR = {
    "type": "object",
    "required": ["error", "code"],
    "properties": {
        "error": {"type": "string", "description": "What is wrong, what was received, what to do."},
        "code": {"enum": list(CODES), "description": "What is wrong, for programs: codes stay as they are."},
    },
}
TOKEN = {"type": "http", "scheme": "bearer", "description": "of `siamese tokens add`"}
UPLOAD = {
    "summary": "Upload files, which calls then name by their paths.",
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                }
            }
        },
    },
}


def openapi(endpoints: Sequence[Endpoint], routes: Sequence[PlainRoute], address: str) -> dict:
    """Return the document, as JSON."""
    paths: dict[str, dict] = {"/gradio_api/upload": {"post": _upload()}}
    schemas: dict[str, dict] = {"Error": ERROR}
    for each in endpoints:
        schemas |= reply_schemas(each)
        paths[f"/gradio_api/call/v2/{each.name}"] = {"post": _post(each)}
        paths[f"/gradio_api/call/{each.name}/{{event_id}}"] = {"get": _get(each)}
    paths |= {each.path: {"get": _plain(each)} for each in routes}
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": API_VERSION, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": address}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": TOKEN}},
        "security": [{}, {"token": []}],  # the second where the server asks for a login
    }


def reply_schemas(endpoint: Endpoint) -> dict[str, dict]:
    """Return the schema of a reply, and those that it refers to, by names that no other endpoint has."""
    name = endpoint.reply.__name__
    schema = endpoint.reply.model_json_schema(ref_template=f"{SCHEMAS}{name}.{{model}}")
    inner = {f"{name}.{key}": value for key, value in schema.pop("$defs", {}).items()}
    return {name: schema} | inner


def request_schema(endpoint: Endpoint) -> dict:
    """Return the schema of the named parameters as one object."""
    required = [each.name for each in endpoint.parameters if each.required]
    properties = {each.name: each.schema for each in endpoint.parameters}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": required} if required else {})


def _upload() -> dict:
    paths = {"type": "array", "items": {"type": "string", "description": "path of a file"}}
    return UPLOAD | {"operationId": "upload", "responses": _answer("The paths.", paths) | _refusals((507,))}


def _post(endpoint: Endpoint) -> dict:
    event = {"type": "object", "required": ["event_id"], "properties": {"event_id": {"type": "string"}}}
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": endpoint.details,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": request_schema(endpoint)}},
        },
        "responses": _answer("What to ask for the events by.", event) | _refusals((400, 404, 413, 503)),
    }


def _get(endpoint: Endpoint) -> dict:
    events = {
        "type": "string",
        "description": "event: complete, whose data is a list of the reply alone, or event: error, whose "
        "data is an Error. A heartbeat may come before.",
        "x-complete": {
            "type": "array",
            "prefixItems": [{"$ref": SCHEMAS + endpoint.reply.__name__}],
            "minItems": 1,
            "maxItems": 1,
        },
        "x-error": {"$ref": f"{SCHEMAS}Error"},
    }
    return {
        "operationId": f"{endpoint.name}_events",
        "summary": f"The events of a call of {endpoint.name}.",
        "parameters": [{"name": "event_id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {
            "200": {"description": "The events.", "content": {"text/event-stream": {"schema": events}}}
        },
        "x-error-codes": [*endpoint.raises, *EVERYWHERE],
    }


def _plain(route: PlainRoute) -> dict:
    names = [part.partition("}")[0] for part in route.path.split("{")[1:]]
    inside = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    told = {"summary": route.summary, "responses": {"200": {"description": route.summary}}}
    return told | ({"parameters": inside} if inside else {})


def _answer(words: str, schema: dict) -> dict:
    return {"200": {"description": words, "content": {"application/json": {"schema": schema}}}}


def _refusals(statuses: Sequence[int]) -> dict:
    content = {"application/json": {"schema": {"$ref": f"{SCHEMAS}Error"}}}
    return {str(each): {"description": CODES[OF_STATUS[each]], "content": content} for each in statuses}
