"""The retraining that goes on in the background of the page."""

import threading

import pytest

from siamese_core.errors import UserError
from siamese_core.page.retrain.background import BackgroundRetraining

SECONDS = 60  # a busy machine; no test waits this long when all is well


def test_one_retraining_runs_at_a_time():
    go_on, told = threading.Event(), []

    def work(encoder, mode, progress):
        progress(2.0, "half way")
        told.append((encoder, mode))
        go_on.wait(SECONDS)
        return {"encoder": encoder}

    background = BackgroundRetraining(work)
    background.start("koch", "head")
    with pytest.raises(UserError, match="while Koch CNN / EfficientNet-Lite2 is being retrained"):
        background.start("resnet50", "head")
    go_on.set()
    wait_until_done(background)
    assert told == [("koch", "head")]
    assert (background.latest.report, background.latest.share, background.latest.words) == (
        {"encoder": "koch"},
        1.0,
        "half way",
    )
    background.start("resnet50", "full")
    wait_until_done(background)
    assert background.latest.report == {"encoder": "resnet50"}


@pytest.mark.parametrize(
    ("failure", "words"), [(UserError("Answer more."), "Answer more."), (OSError("/home/x"), "server's log")]
)
def test_a_retraining_that_fails_is_told_in_words(failure, words):
    def work(encoder, mode, progress):
        raise failure

    background = BackgroundRetraining(work)
    background.start("koch", "head")
    wait_until_done(background)
    assert words in background.latest.problem and "/home" not in background.latest.problem


def wait_until_done(background: BackgroundRetraining) -> None:
    waiting = threading.Event()
    for _ in range(int(SECONDS * 100)):
        if not background.latest.running:
            return
        waiting.wait(0.01)
    pytest.fail("the retraining never ended")
