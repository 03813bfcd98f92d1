"""Ctrl-C in a long work: the step under way ends and is saved, unless it is pressed again."""

import os
import signal

import pytest

from siamese_core.data.progress import hearing_every_interrupt, saving_when_interrupted


@pytest.fixture
def heard():
    """Ctrl-C is heard, whatever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_step_under_way_ends_and_is_saved_before_the_training_stops(heard):
    told, events = [], []
    with (
        pytest.raises(KeyboardInterrupt),
        saving_when_interrupted(lambda: events.append("saved"), lambda *report: told.append(report)) as after,
    ):
        after(0.1, "step 1")
        press_ctrl_c()
        events.append("step 2 ends")
        after(0.2, "step 2")
        events.append("step 3 begins")
    assert events == ["step 2 ends", "saved"]
    assert [share for share, _ in told] == [0.1, 0.1, 0.2] and "Ctrl-C again" in told[1][1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_stops_at_once(heard):
    saved = []
    with (
        pytest.raises(KeyboardInterrupt),
        saving_when_interrupted(lambda: saved.append(1), lambda *report: None),
    ):
        press_ctrl_c()
        press_ctrl_c()
        saved.append("went on")
    assert saved == []


class Finalised:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_that_a_finalizer_swallows_is_raised_at_the_end_without_a_traceback(heard):
    went_on = False
    with pytest.raises(KeyboardInterrupt), hearing_every_interrupt():
        del (swallowing := [Finalised()])[0]
        went_on = not swallowing
    assert went_on
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
