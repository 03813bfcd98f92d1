"""Which images of a pool are set aside: the latest decision counts, whoever wrote it, whatever was torn."""

from types import SimpleNamespace

from siamese_core.labelling.set_aside import SetAside


def test_an_image_is_set_aside_until_it_is_brought_back(tmp_path):
    aside = SetAside(tmp_path / "pool" / "set_aside.jsonl")
    assert aside.ids == frozenset()
    aside.decide(["a", "b"], True, "Anne")
    assert aside.ids == {"a", "b"}
    images = [SimpleNamespace(image_id=each) for each in "abc"]
    assert aside.without(images) == images[2:]
    changes = aside.changes
    aside.decide(["a"], False, "Anne")
    assert aside.ids == {"b"}
    assert aside.changes > changes


def test_another_process_s_decisions_and_a_torn_line_do_no_harm(tmp_path):
    file = tmp_path / "set_aside.jsonl"
    mine, other = SetAside(file), SetAside(file)
    mine.decide(["a"], True)
    assert other.ids == {"a"}
    with file.open("ab") as stream:
        stream.write(b'{"image_id": "b", "as')  # the power goes
    assert other.ids == {"a"}
    other.decide(["c"], True)
    assert mine.ids == other.ids == SetAside(file).ids == {"a", "c"}
