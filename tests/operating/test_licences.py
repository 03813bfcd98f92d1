"""The licences of everything that is installed with the program."""

from siamese_core.operating.licences import UNTOLD, licences
from siamese_core.operating.requirements import requirements


def test_every_library_and_what_it_needs_is_listed_with_its_licence():
    found = {each.library.lower(): each for each in licences()}
    assert {each.name.lower() for each in requirements().libraries} <= set(found)
    assert "Apache" in found["tensorflow"].licence and found["tensorflow"].needed_by == ""
    assert "MIT" in found["h11"].licence and found["h11"].needed_by  # which uvicorn needs, which gradio needs
    assert len(found) > 40
    assert sum(each.licence == UNTOLD for each in found.values()) < len(found) / 20


def test_none_obliges_to_publish_what_is_built_with_it():
    assert [each.library for each in licences() if "GPL" in each.licence and "LGPL" not in each.licence] == []
