"""A stand-in of the Hugging Face hub: the part of its HTTP interface that downloads and commits use.

It keeps repositories in memory, checks tokens and parent commits as the hub does, and can be told to fail, to
be slow, to answer nothing after the work is done, or to be cut off.
"""

import base64
import contextlib
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote

COMMIT = "c0ffee" * 6 + "abcd"
TOKEN = "hf_of_the_tests"
LOST = "lost"  # the work is done, and the connection ends before the answer
CUT = "cut"  # the connection ends before the work


@dataclass
class Kept:
    """A repository: its files by path as of each commit, the newest last."""

    commits: dict[str, dict[str, bytes]]
    private: bool = True

    @property
    def newest(self) -> str:
        return next(reversed(self.commits))

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[self.newest]


@dataclass
class Hub:
    """The state of the stand-in. repositories: by "datasets/OWNER/NAME" or "models/OWNER/NAME".

    token: the one that may write, None: every call may; faults: (part of "METHOD path", what happens once): a
    status, seconds to wait, LOST or CUT; calls: what was asked; rewritten: paths that a commit has changed.
    """

    url: str = ""
    token: str | None = None
    repositories: dict[str, Kept] = field(default_factory=dict)
    faults: list[tuple[str, int | float | str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    uploaded: dict[str, bytes] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def files(self, name: str) -> dict[str, bytes]:
        return self.repositories[name].files

    def fault(self, call: str) -> int | float | str | None:
        """Take the first fault that is meant for a call."""
        with self.lock:
            self.calls.append(call)
            for each in self.faults:
                if each[0] in call:
                    self.faults.remove(each)
                    return each[1]
        return None

    def add(self, name: str, files: Mapping[str, bytes]) -> str:
        """Commit files and return the commit."""
        with self.lock:
            kept = self.repositories[name]
            self.rewritten += [
                path for path, content in files.items() if kept.files.get(path, content) != content
            ]
            commit = hashlib.sha1(f"{name} {len(kept.commits)}".encode()).hexdigest()
            kept.commits[commit] = kept.files | dict(files)
            return commit


@contextlib.contextmanager
def hub(repositories: Mapping[str, Mapping[str, bytes]]) -> Iterator[str]:
    """Serve the files of models by name, for anybody who reads; yields the address."""
    with hub_server(token=None) as served:
        for name, files in repositories.items():
            served.repositories[f"models/{name}"] = Kept({COMMIT: dict(files)}, private=False)
        yield served.url


@contextlib.contextmanager
def hub_server(token: str | None = TOKEN, port: int = 0) -> Iterator[Hub]:
    """Serve a hub without repositories."""
    state = Hub(token=token)
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"hub": state}))
    state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A caller that was killed, or that the test has cut off, is nothing to tell."""


class _Refused(Exception):
    """A call that is answered with a status and a code of the hub."""

    def __init__(self, status: int, code: str = "", words: str = ""):
        self.status, self.code, self.words = status, code, words


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body of an answer are 40 ms apart

    def do_GET(self):
        path, _, query = self.path.partition("?")
        body = self._body()
        fault = self.hub.fault(f"{self.command} {path}")
        if fault == CUT:
            return self._cut()
        if isinstance(fault, float):
            time.sleep(fault)
        try:
            if isinstance(fault, int):
                raise _Refused(fault)
            answer = self._answer(unquote(path).strip("/"), parse_qs(query), body)
        except _Refused as refused:
            headers = {"X-Error-Code": refused.code} if refused.code else {}
            headers |= {"X-Error-Message": refused.words} if refused.words else {}
            return self._send(refused.status, b"{}", headers)
        if fault == LOST:
            return self._cut()
        if isinstance(answer, bytes):
            tag = f'"{hashlib.sha256(answer).hexdigest()}"'
            return self._send(
                200, answer, {"ETag": tag, "X-Repo-Commit": self.revision}, "application/octet-stream"
            )
        return self._send(200, json.dumps(answer).encode(), {})

    do_HEAD = do_POST = do_PUT = do_GET

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def _answer(self, path: str, query: dict, body: bytes) -> object:
        if path.startswith("lfs/"):
            self.hub.uploaded[path.removeprefix("lfs/")] = body
            return {}
        self._check_token(path)
        if path == "api/whoami-v2":
            return {"name": "anne", "type": "user"}
        if path == "api/validate-yaml":
            return {"warnings": [], "errors": []}
        if path == "api/repos/create":
            return self._created(json.loads(body))
        if ".git/info/lfs/objects/batch" in path:
            return self._batch(json.loads(body))
        if path.startswith("api/"):
            return self._api(path, query, body)
        kind, rest = ("datasets", path[9:]) if path.startswith("datasets/") else ("models", path)
        name, _, rest = rest.partition("/resolve/")
        self.revision, _, file = rest.partition("/")
        kept = self._kept(f"{kind}/{name}")
        return self._content(kept, file)

    def _api(self, path: str, query: dict, body: bytes) -> object:
        _, kind, owner, name, *rest = path.split("/", 6)
        kept = self._kept(f"{kind}/{owner}/{name}")
        action, revision, *tail = [*rest, "", ""]
        revision = kept.newest if revision in ("", "main") else revision
        if action in ("", "revision"):
            files = kept.commits[revision]
            return {
                "id": f"{owner}/{name}",
                "sha": revision,
                "siblings": [{"rfilename": each} for each in files],
            }
        if action == "tree":
            found = [each for each in kept.commits[revision] if each.startswith(f"{tail[0]}/")]
            if not found:
                raise _Refused(404, "EntryNotFound")
            return [_entry(each, kept.commits[revision][each]) for each in found]
        if action == "paths-info":
            asked = parse_qs(body.decode())["paths"]
            return [
                _entry(each, kept.commits[revision][each]) for each in asked if each in kept.commits[revision]
            ]
        if action == "preupload":
            return {"files": [self._mode(kept, each) for each in json.loads(body)["files"]]}
        if action == "commit":
            return self._commit(kept, f"{kind}/{owner}/{name}", body)
        raise _Refused(404)

    def _check_token(self, path: str) -> None:
        if self.hub.token is None:
            return
        if self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            raise _Refused(401, words="Invalid credentials in Authorization header")

    def _kept(self, name: str) -> Kept:
        if name not in self.hub.repositories:
            raise _Refused(404, "RepoNotFound")
        return self.hub.repositories[name]

    def _created(self, asked: dict) -> dict:
        owner = asked.get("organization") or "anne"
        name = f"{asked.get('type', 'model')}s/{owner}/{asked['name']}"
        if name in self.hub.repositories:
            raise _Refused(409)
        private = asked.get("private", asked.get("visibility") == "private")
        self.hub.repositories[name] = Kept({hashlib.sha1(name.encode()).hexdigest(): {}}, bool(private))
        return {"url": f"{self.hub.url}/{name}"}

    def _batch(self, asked: dict) -> dict:
        def told(each: dict) -> dict:
            upload = {"href": f"{self.hub.url}/lfs/{each['oid']}", "header": {}}
            needed = {} if each["oid"] in self.hub.uploaded else {"actions": {"upload": upload}}
            return {"oid": each["oid"], "size": each["size"]} | needed

        return {"transfer": "basic", "objects": [told(each) for each in asked["objects"]]}

    def _mode(self, kept: Kept, file: dict) -> dict:
        path = file["path"]
        there = kept.files.get(path)
        oid = None if there is None else _entry(path, there).get("lfs", {}).get("oid", _git_oid(there))
        return {"path": path, "uploadMode": _mode_of(path), "shouldIgnore": False, "oid": oid}

    def _commit(self, kept: Kept, name: str, body: bytes) -> dict:
        files, parent = {}, None
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "header":
                parent = value.get("parentCommit")
            elif entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.hub.uploaded[value["oid"]]
        with self.hub.lock:
            if parent and parent != kept.newest:
                raise _Refused(412)
            commit = self.hub.add(name, files)
        return {"commitUrl": f"{self.hub.url}/{name}/commit/{commit}", "commitOid": commit}

    def _content(self, kept: Kept, file: str) -> bytes:
        files = kept.commits[kept.newest if self.revision == "main" else self.revision]
        if file not in files:
            raise _Refused(404, "EntryNotFound")
        return files[file]

    def _send(self, status: int, content: bytes, headers: dict, kind: str = "application/json") -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": kind, "Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *words) -> None:
        """Nothing is printed."""


def _mode_of(path: str) -> str:
    return "lfs" if path.endswith((".png", ".npz")) else "regular"


def _entry(path: str, content: bytes) -> dict:
    told = {"type": "file", "path": path, "size": len(content), "oid": _git_oid(content)}
    if _mode_of(path) == "lfs":
        told["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return told


def _git_oid(content: bytes) -> str:
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
