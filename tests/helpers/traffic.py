"""Mixed traffic of many people on one server that may be killed: what they got, and what was not in words."""

import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from helpers.browsing import glyph
from helpers.calling import FILE, Caller

SAID = {slot: {"checkpoint": slot, "similarity": 0.25, "threshold": 0.5} for slot in ("koch", "resnet50")}
AWAY_SECONDS = 0.3  # between two tries while the server is away
PICTURES = [glyph(seed, 64) for seed in range(12)]
# How often each is done, of what twenty people do in half an hour with a page, an API and a status line
ACTS = {
    "answer": 30,
    "undo": 6,
    "compare": 20,
    "next_pairs": 12,
    "status": 12,
    "page": 10,
    "upload": 6,
    "one_shot": 3,
    "find": 3,
}
OVERLOADED = (413, 429, 503, 507)  # statuses above 399 that a good call may get, if in words
Pause = Callable[[float], None]


@dataclass
class Tally:
    """What all people together got. saved: ids of events that were acknowledged, answers and undos."""

    acts: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)  # by what was told
    saved: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


class Person:
    """One person, who does the acts at random and goes on where the server was away."""

    def __init__(self, number: int, url: str, ids: list[str], outbox: int, tally: Tally, pause: Pause):
        self.url, self.ids, self.outbox, self.tally, self.pause = url, ids, outbox, tally, pause
        self.draw = random.Random(number)
        self.name, self.session = f"person {number}", f"{number:032x}"
        self.last: str | None = None
        self.caller: Caller | None = None

    def does(self, count: int) -> None:
        """Do so many acts, each until the server has said something to it."""
        for _ in range(count):
            act = self.draw.choices(list(ACTS), list(ACTS.values()))[0]
            while not self._done(act):
                self.pause(AWAY_SECONDS)
            self.tally.acts[act] += 1
        if self.caller:
            self.caller.close()
            self.caller = None

    def _done(self, act: str) -> bool:
        try:
            self.caller = self.caller or Caller(self.url)
            return getattr(self, f"_{act}")()
        except (httpx.TransportError, httpx.HTTPStatusError, ValueError, KeyError, StopIteration):
            if self.caller:  # killed in mid-answer, or not listening yet: half of an answer, or none
                self.caller.close()
            self.caller = None
            return False

    def _answer(self) -> bool:
        left, right = self.draw.sample(self.ids, 2)
        answer = self.draw.choice(["same", "different", "unsure"])
        said = {"kind": "compare", "left_id": left, "right_id": right, "answer": answer, "said": SAID}
        self.last = uuid.uuid4().hex
        return self._sent({"id": self.last, **said})

    def _undo(self) -> bool:
        if self.last is None:
            return True
        target, self.last = self.last, None
        return self._sent({"id": uuid.uuid4().hex, "kind": "undo", "target": target})

    def _sent(self, event: dict) -> bool:
        """Send an event until it is acknowledged, as the page does."""
        event |= {"session": self.session, "annotator": self.name}
        body = {"session_hash": self.session[-12:], "component_id": self.outbox, "fn_name": "save"}
        while True:
            try:
                reply = httpx.post(
                    f"{self.url}/gradio_api/component_server",
                    json=body | {"data": {"events": [event]}},
                    timeout=60,
                    trust_env=False,
                )
                told = reply.json()["done"][event["id"]] if reply.status_code == 200 else reply.json()
            except (httpx.TransportError, json.JSONDecodeError, KeyError):
                told = None
            if told and "saved" in told:
                self.tally.saved.add(event["id"])
                return True
            if told:
                words = told.get("waiting") or told.get("error") or ""
                self._in_words("refused" not in told and words, f"{event['kind']}: {told}")
            self.pause(AWAY_SECONDS)

    def _picture(self) -> dict:
        sent = self.caller.http.post(
            "/gradio_api/upload", files={"files": ("a.png", self.draw.choice(PICTURES))}
        )
        if sent.status_code != 200:
            self._in_words(sent.status_code in OVERLOADED and sent.json().get("error"), sent.text)
            raise StopIteration
        return {"path": sent.json()[0], "orig_name": "a.png", "meta": FILE}

    def _called(self, endpoint: str, data: list) -> bool:
        kind, answer = self.caller.curl(endpoint, data)
        if kind == "complete":
            return True
        words = json.loads(answer).get("error") if isinstance(answer, str) else answer.get("error")
        self._in_words(words, f"{endpoint}: {kind} {answer}")
        return True

    def _compare(self) -> bool:
        return self._called("compare", [self._picture(), self._picture()])

    def _one_shot(self) -> bool:
        return self._called(
            "one_shot", [self._picture(), [self._picture() for _ in range(3)], ["a", "b", "c"]]
        )

    def _find(self) -> bool:
        return self._called("find", [self._picture(), 3])

    def _next_pairs(self) -> bool:
        return self._called("next_pairs", [2, self.name])

    def _status(self) -> bool:
        return self._called("status", [])

    def _upload(self) -> bool:
        return bool(self._picture())

    def _page(self) -> bool:
        found = self.caller.http.get(self.draw.choice(["/", "/config", "/healthz", "/pairs.csv"]))
        if found.status_code != 200:
            self._in_words(found.status_code in OVERLOADED and found.text, found.text[:300])
        return True

    def _in_words(self, words: object, told: object) -> None:
        """Note what was told: it is a fault where it is no sentence."""
        if isinstance(words, str) and len(words) > 15 and "Traceback" not in words:
            self.tally.refused[words[:90]] += 1
        else:
            self.tally.faults.append(str(told)[:500])
