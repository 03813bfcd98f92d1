"""The work that goes on in the background of the page."""

import threading

import pytest

from siamese_core.errors import UserError
from siamese_core.page.parts.background import CANCELLED, Background

SECONDS = 60  # a busy machine; no test waits this long when all is well


def retraining() -> Background:
    return Background("retraining", "is being retrained")


def test_one_work_runs_at_a_time():
    go_on = threading.Event()

    def work(progress):
        progress(2.0, "half way")
        go_on.wait(SECONDS)
        return "done"

    background = retraining()
    background.start("Koch CNN", work)
    with pytest.raises(UserError, match="while Koch CNN is being retrained"):
        background.start("ResNet50", work)
    go_on.set()
    wait_until_done(background)
    latest = background.latest
    assert (latest.result, latest.share, latest.words) == ("done", 1.0, "half way")
    background.start("ResNet50", lambda progress: "again")
    wait_until_done(background)
    assert background.latest.result == "again"


def test_a_work_that_is_cancelled_stops_at_its_next_report_and_another_can_start():
    begun, go_on = threading.Event(), threading.Event()

    def work(progress):
        begun.set()
        go_on.wait(SECONDS)
        progress(0.5, "half way")
        return "done"

    background = retraining()
    background.cancel()  # nothing to stop
    background.start("Koch CNN", work)
    begun.wait(SECONDS)
    background.cancel()
    assert background.latest.running and background.latest.stopping
    go_on.set()
    wait_until_done(background)
    assert background.latest.problem == CANCELLED
    background.start("Koch CNN", lambda progress: "done")
    wait_until_done(background)
    assert background.latest.result == "done"


@pytest.mark.parametrize(
    ("failure", "words"), [(UserError("Answer more."), "Answer more."), (OSError("/home/x"), "server's log")]
)
def test_a_work_that_fails_is_told_in_words(failure, words):
    def work(progress):
        raise failure

    background = retraining()
    background.start("Koch CNN", work)
    wait_until_done(background)
    assert words in background.latest.problem and "/home" not in background.latest.problem


def wait_until_done(background: Background) -> None:
    waiting = threading.Event()
    for _ in range(int(SECONDS * 100)):
        if not background.latest.running:
            return
        waiting.wait(0.01)
    pytest.fail("the work never ended")
