"""A server that is asked to end."""

import signal
import threading
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

from helpers.browsing import glyph, logged
from helpers.calling import Caller
from siamese_core.operating.stopping import Stopping


def test_what_is_under_way_ends_before_the_process_does():
    stopping, ended = Stopping(), []

    def work():
        with stopping.under_way():
            stopping.ask()
            time.sleep(0.2)
            ended.append(True)

    threading.Thread(target=work).start()
    stopping.wait(lambda: False)
    assert ended and stopping.is_asked


def test_after_sigterm_none_is_taken_who_is_under_way_is_answered_and_the_process_exits(serve, quick_app):
    server = serve(workspace=quick_app.workspace)
    server.wait_until_ready()
    caller = Caller(server.url)
    _, compared = caller.curl("compare", [caller.uploaded(glyph(70)), caller.uploaded(glyph(71))])
    before = len(logged(quick_app.workspace))
    slow = HTTPConnection(urlsplit(server.url).netloc)  # under way until its body is whole
    slow.putrequest("POST", "/gradio_api/call/status")
    slow.putheader("Content-Type", "application/json")
    slow.putheader("Content-Length", "12")
    slow.endheaders(b'{"data"')
    given = [compared["left"], compared["right"], "same", "Ada"]
    assert caller.curl("answer", given)[0] == "complete"  # by then the server has begun with the slow one
    server.process.send_signal(signal.SIGTERM)
    while (told := caller.http.get("/healthz")).status_code == 200:
        pass
    assert told.status_code == 503 and "while it ends" in told.json()["error"]
    slow.send(b": []}")
    assert slow.getresponse().status == 200
    assert server.process.wait(20) == 0
    assert "Traceback" not in server.log()
    assert len(logged(quick_app.workspace)) == before + 1
