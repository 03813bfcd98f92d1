"""Payloads that programs send to the server to break it, to get at its files, or to have it call others."""

import json

from helpers.calling import FILE

ENDPOINTS = ("compare", "explain", "one_shot", "find", "answer", "undo", "next_pairs", "status")
SCRIPT = "\"><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
ID = "0" * 64
TEXTS = (
    SCRIPT,
    "javascript:window.hacked=1",
    "{{7*7}}${7*7}<%= 7*7 %>{% import os %}",
    '=HYPERLINK("http://127.0.0.1/","x")',
    "+cmd|' /C calc'!A0",
    "-2+3;@SUM(1+1)",
    "\t=1+1",
    "\r\n=1+1\r\nundo,",
    "\uff1d1+1",
    '"""","=1"',
    "a" * 40_000,
    "\u202eevil\u202c\u200b\u2066",
    "\U000e0001\U000e0041\ufeff",
    "Z\u0351\u036b\u0343" * 500,
    "\ud800",
    "a\0b",
    "\x1b[2J\x1b]0;title\x07",
    "'; DROP TABLE pair_log; --",
    "${jndi:ldap://127.0.0.1/a}",
    "../../../../etc/passwd",
    "%s%n%x{0.__class__}",
    "\u0130\u0131\u1e9e\ufb03\u2126",
)
VALUES = (  # and how many of each
    (True, 0),
    (-1, 1),
    (1e308, 2),
    (2**70, 3),
    ([], 4),
    ({}, 5),
    ([[]], 1),
    ({"a": {}}, 2),
    ("", 3),
    (" ", 9),
)


def payloads(listener: str) -> list[tuple[str, list]]:
    """Return calls of the endpoints, each a name and its parameters. listener: an address nobody may call."""
    calls = [(endpoint, [value] * count) for endpoint in ENDPOINTS for value, count in VALUES]
    calls += [("compare", [file, file]) for file in files(listener)]
    calls += [("one_shot", [file, [file], [SCRIPT]]) for file in files(listener)]
    calls += [("find", [file, 3]) for file in files(listener)]
    for text in TEXTS:
        calls += [
            ("answer", [text, ID, "same", "Ada"]),
            ("answer", [ID, ID[:-1] + "1", text, "Ada"]),
            ("undo", [text]),
            ("next_pairs", [1, text]),
            ("next_pairs", [text, "Ada"]),
            ("find", [None, text, text]),
        ]
    return calls


def files(listener: str) -> list[object]:
    """Return what is no uploaded file: of the server, of another one, of a browser, of nothing."""
    paths = (
        "/etc/passwd",
        "file:///etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        "app.py",
        "../pairs.csv",
        "uploads/../../pairs.csv",
        "\\\\server\\share",
        "C:\\windows\\win.ini",
        listener,
        listener.replace("http://", "//"),
        "data:text/html,<script>window.hacked=1</script>",
        "\0",
        "a" * 9_000,
        "~/.ssh/id_rsa",
    )
    made: list[object] = [{"path": path, "meta": FILE} for path in paths]
    made += [{"path": path, "url": listener, "orig_name": SCRIPT, "meta": FILE} for path in paths[:3]]
    made += [{"url": listener, "meta": FILE}, {"url": listener}, listener, {"path": None}, {"meta": FILE}, 7]
    return [
        *made,
        {"path": {"path": "/etc/passwd"}, "meta": FILE},
        [{"path": ["/etc/passwd"]}],
        "/etc/passwd",
    ]


def bodies() -> dict[str, bytes]:
    """Return bodies of a call that are no such, or hardly any."""
    deep = b"[" * 100_000
    return {
        "nothing": b"",
        "no JSON": b"{data: []}",
        "cut": b'{"data": [',
        "deep": b'{"data": ' + deep + b"]" * 100_000 + b"}",
        "deep and open": deep,
        "deep mappings": b'{"data":' * 5_000 + b"1" + b"}" * 5_000,
        "long": b'{"data": ["' + b"a" * 2_000_000 + b'"]}',
        "long number": b'{"data": [' + b"9" * 20_000 + b"]}",
        "no number": b'{"data": [NaN, Infinity, -Infinity]}',
        "twice": b'{"data": [], "data": [1], "data": {}}',
        "a list": b"[]",
        "a text": b'"data"',
        "null": b"null",
        "no text": b'{"data": ["\xff\xfe\x80"]}',
        "half a pair": b'{"data": ["\\ud800"]}',
        "utf-16": '{"data": []}'.encode("utf-16"),
        "mark": b'\xef\xbb\xbf{"data": []}',
        "prototype": b'{"data": [], "__proto__": {"x": 1}, "constructor": {"prototype": {}}}',
        "session": json.dumps({"data": [], "session_hash": SCRIPT, "event_data": {"a": [1]}}).encode(),
        "trigger": json.dumps({"data": [], "trigger_id": "x", "fn_index": "y", "simple_format": []}).encode(),
        "batched": json.dumps({"data": [], "batched": True, "request": {"headers": {}}}).encode(),
    }


def requests(host: str, listener: str) -> dict[str, bytes]:
    """Return requests as they go over the line, most of which no client would send."""
    body = b'{"data": []}'
    call = b"POST /gradio_api/call/status HTTP/1.1\r\nHost: " + host.encode() + b"\r\n"
    typed = call + b"Content-Type: application/json\r\n"
    inner = b"GET /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"

    def get(path: bytes, *headers: bytes) -> bytes:
        lines = [b"GET " + path + b" HTTP/1.1", b"Host: " + host.encode(), b"Connection: close", *headers]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    paths = (
        b"/../../../../etc/passwd",
        b"/gradio_api/file=/etc/passwd",
        b"/gradio_api/file=..%2f..%2f..%2fetc%2fpasswd",
        b"/gradio_api/file=%00",
        b"/gradio_api/file=" + listener.encode(),
        b"/gradio_api/file=/proc/self/environ",
        b"/assets/..%5c..%5capp.py",
        b"/assets/%2e%2e/%2e%2e/app.py",
        b"/static/....//....//app.py",
        b"/theme.css/../../pairs.csv",
        b"//etc/passwd",
        b"/images/" + b"0" * 64,
        b"/images/..%2fpairs.csv",
        b"/" + b"a" * 20_000,
        b"/?" + b"a=1&" * 5_000,
        b"/%ff%fe%00",
        b"/?__theme=%22%3E%3Cscript%3E",
        b"/?view=api&x=%0d%0aSet-Cookie:%20x=1",
        b"http://127.0.0.1:1/etc/passwd",
        b"*",
        b"/pairs.csv?path=/etc/passwd",
    )
    made = {f"path {path[:60]!r}": get(path) for path in paths}
    headers = {
        "two lengths": typed + b"Content-Length: 12\r\nContent-Length: 99\r\n\r\n" + body,
        "length and chunks": typed
        + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        + inner,
        "hidden chunks": typed + b"Transfer-Encoding: xchunked\r\nContent-Length: 12\r\n\r\n" + body,
        "folded": typed + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "space in name": typed + b"Content-Length : 12\r\n\r\n" + body,
        "negative length": typed + b"Content-Length: -1\r\n\r\n" + body,
        "length of letters": typed + b"Content-Length: twelve\r\n\r\n" + body,
        "length with sign": typed + b"Content-Length: +12\r\n\r\n" + body,
        "endless chunk": typed + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n" + body,
        "no chunk": typed + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "bare line feeds": typed.replace(b"\r\n", b"\n") + b"Content-Length: 12\n\n" + body,
        "no host": b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        "two hosts": get(b"/", b"Host: evil.example"),
        "other host": b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        "script as host": b"GET / HTTP/1.1\r\nHost: <script>\r\nConnection: close\r\n\r\n",
        "long header": get(b"/", b"X-Long: " + b"a" * 200_000),
        "many headers": get(b"/", *(b"X-%d: 1" % n for n in range(3_000))),
        "forwarded": get(
            b"/config", b"X-Forwarded-Host: evil.example", b"X-Forwarded-Proto: javascript", b"Forwarded: x"
        ),
        "gradio's own": get(b"/config", b"X-Gradio-Server: http://evil.example", b"X-Gradio-User: root"),
        "request id": get(b"/healthz", b"X-Request-Id: a\x0bb" + b"c" * 9_000),
        "ranges": get(b"/theme.css", b"Range: bytes=" + b",".join(b"%d-" % n for n in range(2_000))),
        "bad range": get(b"/theme.css", b"Range: bytes=9-1"),
        "method": b"DELETE /pairs.csv HTTP/1.1\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n\r\n",
        "trace": b"TRACE / HTTP/1.1\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n\r\n",
        "connect": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n",
        "upgrade": get(b"/", b"Upgrade: websocket", b"Sec-WebSocket-Key: eA==", b"Sec-WebSocket-Version: 13"),
        "version": b"GET / HTTP/9.9\r\nHost: " + host.encode() + b"\r\n\r\n",
        "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "tls": b"\x16\3\1\0\xa5\1\0\0\xa1\3\3" + bytes(160),
        "rubbish": bytes(range(256)) * 8,
        "cookie": get(b"/", b"Cookie: " + b"; ".join(b"a%d=b" % n for n in range(500))),
        "evil origin": call + b"Origin: null\r\nContent-Length: 12\r\n\r\n" + body,
    }
    return made | headers


def uploads() -> dict[str, tuple[str, bytes]]:
    """Return forms of an upload: a content type and a body."""
    kind = "multipart/form-data; boundary=X"

    def part(name: str, content: bytes = b"x") -> bytes:
        head = f'--X\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        return head.encode("utf-8", "surrogatepass") + b"Content-Type: image/png\r\n\r\n" + content + b"\r\n"

    names = (
        "../../../app.py",
        "/etc/cron.d/hacked",
        "..\\..\\hacked.png",
        "a\0b.png",
        "x" * 5_000 + ".png",
        "<script>window.hacked=1</script>.png",
        "=cmd.png",
        ".htaccess",
        "CON",
        "\u202egnp.exe",
        "",
        ".",
        "..",
    )
    made = {f"name {name[:40]!r}": (kind, part(name) + b"--X--\r\n") for name in names}
    return made | {
        "no end": (kind, part("a.png")),
        "no boundary": ("multipart/form-data", part("a.png") + b"--X--\r\n"),
        "other boundary": ("multipart/form-data; boundary=Y", part("a.png") + b"--X--\r\n"),
        "long boundary": (f"multipart/form-data; boundary={'Z' * 9_000}", b"--Z"),
        "no form": ("application/json", b"{}"),
        "many parts": (kind, part("a.png") * 3_000 + b"--X--\r\n"),
        "many fields": (
            kind,
            b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 3_000 + b"--X--\r\n",
        ),
        "header in name": (kind, part('a.png"\r\nX-Evil: 1\r\nX: "') + b"--X--\r\n"),
        "nothing": (kind, b""),
        "long header": (kind, b"--X\r\nContent-Disposition: " + b"a" * 100_000),
    }
