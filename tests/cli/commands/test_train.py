"""`train` as people and programs call it."""

from siamese_core.checkpoints.checkpoint_files import load_checkpoint


def test_train_makes_a_checkpoint_that_serves_at_once(run, workspace, drawings, pair):
    words = ("train", "small_cnn", "--data", drawings, "--steps", 2, "--seed", 3, "--json")
    found = run(*words).json()
    assert {"checkpoint", "steps", "images", "seconds", "validation"} <= set(found)
    assert found["steps"] == 2
    assert found["images"] > 0
    assert isinstance(found["validation"], dict)
    result = run("compare", *pair, "--encoder", "small_cnn", "--json").json()["results"][0]
    assert result["checkpoint"] == found["checkpoint"]


def test_a_checkpoint_trained_elsewhere_is_not_the_workspaces(run, workspace, drawings, tmp_path):
    out = tmp_path / "mine"
    shown = run("train", "small_cnn", "--data", drawings, "--steps", 1, "--out", out).text()
    assert load_checkpoint(out).id in shown
    assert not list(workspace.glob("checkpoints/*"))
