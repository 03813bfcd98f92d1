"""Write the calls of an endpoint for curl, gradio_client and JavaScript. The tests run them as they stand.

Files are `left.png`, `right.png`, `query.png`, `cat.png` and `dog.png`, in JavaScript Blobs of these names;
`LEFT_ID`, `RIGHT_ID` and `LABEL_ID` stand for what an earlier reply gave.
"""

import json
from dataclasses import dataclass

from siamese_core.page.serving.reference.endpoints import Endpoint

FILES = {"left": "left", "right": "right", "query": "query", "support": ["cat", "dog"]}
VALUES = {
    "left_id": "LEFT_ID",
    "right_id": "RIGHT_ID",
    "answer": "same",
    "annotator": "Ada",
    "request_id": "batch-7/1",
    "label_id": "LABEL_ID",
    "count": 2,
    "top": 3,
}


@dataclass(frozen=True)
class Language:
    """name: as people know it; start: what stands once before all calls."""

    name: str
    start: str


def languages(address: str) -> dict[str, Language]:
    """Return the languages of the examples, for an app at this address."""
    return {
        "curl": Language("curl", CURL.replace("ADDRESS", address)),
        "python": Language("Python, with gradio_client", PYTHON.replace("ADDRESS", address)),
        "javascript": Language("JavaScript, in a browser or Node", JAVASCRIPT.replace("ADDRESS", address)),
    }


CURL = """app=ADDRESS
file() {
    path=$(curl -s $app/gradio_api/upload -F files=@$1 | cut -d '"' -f 2)
    echo '{"path": "'$path'", "orig_name": "'$1'", "meta": {"_type": "gradio.FileData"}}'
}
call() {
    event=$(curl -s $app/gradio_api/call/v2/$1 -H "Content-Type: application/json" -d "$2" | cut -d '"' -f 4)
    curl -sN $app/gradio_api/call/$1/$event
}"""
PYTHON = """from gradio_client import Client, handle_file

app = Client("ADDRESS")  # an error is gradio_client.exceptions.AppError: its title is the code"""
JAVASCRIPT = """const app = "ADDRESS";  // in a browser "", on the app's own page
const json = {"Content-Type": "application/json"};
const sent = async (path, body, headers = {}) =>
  (await fetch(`${app}/gradio_api/${path}`, {method: "POST", headers, body})).json();
const file = async (blob, name) => {
  const form = new FormData();
  form.append("files", blob, name);
  const [path] = await sent("upload", form);
  return {path, orig_name: name, meta: {_type: "gradio.FileData"}};
};
const call = async (endpoint, given) => {
  const joined = await sent(`call/v2/${endpoint}`, JSON.stringify(given), json);
  if (joined.error) throw Object.assign(new Error(joined.error), joined);  // its code is error.code
  const events = await (await fetch(`${app}/gradio_api/call/${endpoint}/${joined.event_id}`)).text();
  const [, kind, data] = events.trim().split("\\n\\n").at(-1).match(/^event: (\\w+)\\ndata: (.*)$/s);
  const told = JSON.parse(data);
  if (kind === "error") throw Object.assign(new Error(told.error), told);
  return told[0];
};"""


def examples(endpoint: Endpoint) -> dict[str, str]:
    """Return the call of an endpoint in each language, by its key in `languages`."""
    names = [each.name for each in endpoint.parameters if each.name in FILES or each.name in VALUES]
    return {
        "curl": _curl(endpoint.name, names),
        "python": _python(endpoint.name, names),
        "javascript": _javascript(endpoint.name, names),
    }


def _curl(endpoint: str, names: list[str]) -> str:
    if not any(name in FILES for name in names):
        return f"call {endpoint} '{json.dumps({name: VALUES[name] for name in names})}'"
    given = [f'\\"{name}\\": {_sent(name, _curl_file) if name in FILES else VALUES[name]}' for name in names]
    return f'call {endpoint} "{{{", ".join(given)}}}"'


def _python(endpoint: str, names: list[str]) -> str:
    given = [
        f"{name}={_sent(name, _python_file) if name in FILES else json.dumps(VALUES[name])}" for name in names
    ]
    given.append(f'api_name="/{endpoint}"')
    return _wrapped("reply = app.predict(", given, ")", "    ")


def _javascript(endpoint: str, names: list[str]) -> str:
    given = [
        f"{name}: {_sent(name, _script_file) if name in FILES else json.dumps(VALUES[name])}"
        for name in names
    ]
    return _wrapped(f'const reply = await call("{endpoint}", {{', given, "});", "  ")


def _sent(name: str, write) -> str:
    files = FILES[name]
    return f"[{', '.join(map(write, files))}]" if isinstance(files, list) else write(files)


def _curl_file(name: str) -> str:
    return f"$(file {name}.png)"


def _python_file(name: str) -> str:
    return f'handle_file("{name}.png")'


def _script_file(name: str) -> str:
    return f'await file({name}, "{name}.png")'


def _wrapped(start: str, given: list[str], end: str, indent: str) -> str:
    line = f"{start}{', '.join(given)}{end}"
    if len(line) <= 88:
        return line
    return "\n".join([start, *(f"{indent}{each}," for each in given), end])
