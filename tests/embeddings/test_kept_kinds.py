"""Whether an image is ink is looked at once for all processes."""

from siamese_core.embeddings.kept_kinds import FILE, KeptKinds

INK, PHOTO = "a" * 64, "b" * 64


def test_another_process_finds_what_was_stored_and_only_that(tmp_path):
    first = KeptKinds(tmp_path / "embeddings")
    assert first.get(INK) is None
    first.add({INK: True}, stored=True)
    first.add({PHOTO: False}, stored=False)
    assert (first.get(INK), first.get(PHOTO)) == (True, False)
    second = KeptKinds(tmp_path / "embeddings")
    assert (second.get(INK), second.get(PHOTO)) == (True, None)


def test_a_torn_line_costs_that_line_only(tmp_path):
    KeptKinds(tmp_path).add({INK: True}, stored=True)
    with (tmp_path / FILE).open("a") as file:
        file.write(PHOTO[:20] + "\n" + PHOTO + " 0\n")
    found = KeptKinds(tmp_path)
    assert (found.get(INK), found.get(PHOTO)) == (True, False)


def test_without_a_folder_it_remembers_in_memory(tmp_path):
    kinds = KeptKinds(None)
    kinds.add({INK: True}, stored=True)
    assert kinds.get(INK) is True and kinds.get(PHOTO) is None
