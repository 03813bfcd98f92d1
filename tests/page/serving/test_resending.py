"""An answer whose reply was lost is sent again, to a server that was killed meanwhile, and is one row."""

import pytest

from helpers.browsing import glyph, logged
from helpers.calling import Caller
from helpers.small_checkpoints import promote_small
from siamese_core.page.parts.outbox import is_id
from siamese_core.page.serving.contract.received import label_id_of


def test_a_request_id_names_one_answer_of_one_annotator():
    assert label_id_of("1", "Ada") == label_id_of("1", "Ada") and is_id(label_id_of("1", "Ada"))
    assert len({label_id_of(*each) for each in [("1", "Ada"), ("1", "Bob"), ("a1", "Ad"), ("11", "")]}) == 4
    assert label_id_of("", "Ada") == ""


@pytest.mark.soak
def test_an_answer_is_one_row_over_the_death_of_the_server(serve, tmp_path):
    home = tmp_path / "workspace"
    promote_small(home, "koch", "resnet50")
    told = []
    for _ in range(2):
        server = serve(workspace=home)
        server.wait_until_ready()
        caller = Caller(server.url)
        _, compared = caller.curl("compare", [caller.uploaded(glyph(1)), caller.uploaded(glyph(2))])
        told.append(caller.curl("answer", [compared["left"], compared["right"], "same", "Ada", "the first"]))
        caller.close()
        server.process.kill()
        server.process.wait(timeout=10)
    assert told[0] == told[1] and told[0][0] == "complete"
    assert [row.label_id for row in logged(home)] == [told[0][1]["label_id"]]
