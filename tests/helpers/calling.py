"""Calls the running app over HTTP as a program does, or as an attacker would: any handler, any payload."""

import json
import uuid
from dataclasses import dataclass, field

import httpx

FILE = {"_type": "gradio.FileData"}


@dataclass
class Caller:
    """One session with the app at `url`."""

    url: str
    session: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def __post_init__(self) -> None:
        # a proxy of the machine must not stand between the tests and their own server
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self.config = self.http.get("/config").json()

    def close(self) -> None:
        self.http.close()

    def upload(self, content: bytes, name: str = "drawing.png") -> str:
        """The path that the server gives an uploaded file."""
        answer = self.http.post("/gradio_api/upload", files={"files": (name, content)})
        return answer.raise_for_status().json()[0]

    def uploaded(self, content: bytes, name: str = "drawing.png") -> dict:
        return {"path": self.upload(content, name), "orig_name": name, "meta": FILE}

    def functions(self, name: str) -> list[dict]:
        """The handlers of the page with this name, or the same name and a number."""
        return [
            each
            for each in self.config["dependencies"]
            if str(each["api_name"]).removeprefix("page_").rstrip("0123456789_") == name
        ]

    def join(self, function: dict, data: list, event_data: object = None) -> dict:
        """What a handler of the page answers, called behind the back of the page."""
        body = {
            "fn_index": function["id"],
            "data": data,
            "event_data": event_data,
            "session_hash": self.session,
        }
        joined = self.http.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return {"success": False, "status": joined.status_code, "output": joined.text}
        with self.http.stream(
            "GET", "/gradio_api/queue/data", params={"session_hash": self.session}
        ) as events:
            for line in events.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("msg") == "process_completed":
                    return message
        raise AssertionError("the queue ended without an answer")

    def curl(self, endpoint: str, data: list) -> tuple[str, object]:
        """The event and the data with which the public endpoint answers, in the two steps of the README."""
        joined = self.http.post(f"/gradio_api/call/{endpoint}", json={"data": data})
        if joined.status_code != 200:
            return f"status {joined.status_code}", joined.text
        event_id = joined.json()["event_id"]
        lines = self.http.get(f"/gradio_api/call/{endpoint}/{event_id}").text.split("\n\n")
        kind, content = next(each for each in lines if not each.startswith("event: heartbeat")).split("\n")
        answer = json.loads(content.removeprefix("data: "))
        return kind.removeprefix("event: "), answer[0] if isinstance(answer, list) else answer
