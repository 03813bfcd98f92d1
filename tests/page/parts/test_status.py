"""The status line in words, without a browser."""

from siamese_core.page.languages.chosen import speaking
from siamese_core.page.parts.status import status_line

SLOT = {"state": "ready", "checkpoint": "one", "problem": None, "photographs": None, "fixed": None}
STATUS = {"slots": {"koch": SLOT, "resnet50": SLOT}, "log_problem": None, "labels": 3, "corrections": 1}
STATUS |= {"conflicts": 0}
SYNC = {"repository": "anne/answers", "waiting": 0, "oldest_seconds": None, "problem": None}


class Names:
    """Checkpoints that are called by their ids."""

    def network(self, checkpoint, slot) -> str:
        return slot

    def words(self, checkpoint) -> str:
        return checkpoint


def line(language: str = "en", **sync: object) -> str:
    with speaking(language):
        return " ".join(status_line(STATUS | {"sync": SYNC | sync}, Names()).split())


def test_what_is_not_on_the_hub_is_told_with_its_age_and_the_last_error():
    assert "all on the hub" in line()
    assert "12 not yet on the hub<" in line(waiting=12, oldest_seconds=40)
    told = line(waiting=12, oldest_seconds=190, problem="the hub has a fault of its own")
    assert "12 not yet on the hub" in told and ", oldest 3 min" in told
    assert "Hub, last error: the hub has a fault of its own" in told
    assert "Hub 本身發生錯誤" in line("zh-TW", problem="the hub has a fault of its own")
    assert "허브에 연결할 수 없습니다" in line("ko", problem="the hub cannot be reached: ConnectError")


def test_without_a_hub_nothing_is_said_of_one():
    with speaking("en"):
        assert "hub" not in status_line(STATUS, Names()).lower()
