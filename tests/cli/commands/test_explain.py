"""`explain` as people and programs call it."""

from siamese_core.images.decoding import decode_image
from siamese_core.networks.encoders import SLOTS


def test_explain_tells_the_reasons_of_both_slots_and_writes_their_overlays(run, own_slots, pair, tmp_path):
    out = tmp_path / "why"
    found = run("explain", *pair, "--out", str(out), "--json").json()
    assert list(found) == ["left", "right", "agreement", "results"]
    assert [result["encoder"] for result in found["results"]] == list(SLOTS)
    for result in found["results"]:
        assert result["network"] in result["sentence"] and result["method"] == "occluded"
        assert "Made them alike" in result["regions"] and result["nearest"]["searched"] == 0
        assert all(0 <= place <= 1 for link in result["links"] for place in link["left"])
        files = [file for pair in result["overlays"].values() for file in pair]
        assert len(files) == 4 and all(decode_image(file).shape[0] == 288 for file in files)
    assert len(list(out.iterdir())) == 4 * len(SLOTS)
