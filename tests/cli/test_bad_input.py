"""What bad input gets from every command: one line that says what to mend, and exit code 2."""

from pathlib import Path

import pytest

from helpers.samples import corner_mark, huge_png, image_file

VERIFICATION = ("evaluate", "verification", "--data", "DATA")
BAD = {
    "no command": ((), "COMMAND"),
    "empty path": (("log", "export", ""), "must name a file or a folder"),
    "empty data": (("train", "koch", "--data", "", "--steps", "1"), "must name a file or a folder"),
    "unknown command": (("teach",), "invalid choice: 'teach'"),
    "unknown option": (("log", "check", "--fast"), "unrecognized arguments: --fast"),
    "abbreviated option": (("log", "check", "--js"), "unrecognized"),
    "one image": (("compare", "GOOD"), "RIGHT"),
    "missing image": (("compare", "GOOD", "missing.png"), "missing.png"),
    "text called png": (("compare", "GOOD", "TEXT"), "text.png"),
    "empty image": (("compare", "EMPTY", "GOOD"), "must not be empty"),
    "cut short": (("compare", "CUT", "GOOD"), "cut"),
    "huge image": (("compare", "HUGE", "GOOD"), "40 million pixels"),
    "folder as image": (("compare", "FOLDER", "GOOD"), "which is a folder"),
    "unknown encoder": (("compare", "GOOD", "GOOD", "--encoder", "vgg"), "koch"),
    "no checkpoint": (("compare", "GOOD", "GOOD", "--encoder", "face_cnn"), "train face_cnn"),
    "query alone": (("one-shot", "--query", "GOOD"), "--support"),
    "support is a file": (("one-shot", "--query", "GOOD", "--support", "GOOD"), "is a folder"),
    "support is empty": (("one-shot", "--query", "GOOD", "--support", "FOLDER"), "with 0"),
    "bad support image": (("one-shot", "--query", "GOOD", "--support", "MIXED"), "not both"),
    "no data": (("evaluate", "one-shot"), "--data"),
    "missing data": (("evaluate", "one-shot", "--data", "missing"), "missing"),
    "data is an image": (("evaluate", "one-shot", "--data", "GOOD"), "zip"),
    "too many ways": (("evaluate", "one-shot", "--data", "DATA", "--n-way", "50"), "50-way"),
    "one way": (("evaluate", "one-shot", "--data", "DATA", "--n-way", "1"), "at least 2"),
    "no shots": (("evaluate", "one-shot", "--data", "DATA", "--k-shot", "none"), "at least 1"),
    "both models": (
        ("evaluate", "lake", "--runs", "GOOD", "--encoder", "koch", "--checkpoint", "FOLDER"),
        "not allowed with",
    ),
    "runs are no zip": (("evaluate", "lake", "--runs", "TEXT"), "zip"),
    "nothing to verify": (("evaluate", "verification"), "--data --list"),
    "two sources": (("evaluate", "verification", "--data", "DATA", "--list", "TEXT"), "not allowed with"),
    "list without columns": (("evaluate", "verification", "--list", "TEXT"), "left, right and same"),
    "pairs of a list": (("evaluate", "verification", "--list", "TEXT", "--pairs", "4"), "--pairs"),
    "labels of data": (("evaluate", "verification", "--data", "DATA", "--labels", "TEXT"), "--labels"),
    "no such checkpoint": ((*VERIFICATION, "--checkpoint", "FOLDER"), "card.json"),
    "train nothing": (("train", "koch"), "--data"),
    "train on nothing": (("train", "koch", "--data", "missing", "--steps", "1"), "missing"),
    "negative steps": (("train", "koch", "--data", "DATA", "--steps", "-1"), "--steps"),
    "endless": (("train", "koch", "--data", "DATA", "--minutes", "inf"), "above 0"),
    "steps and minutes": (
        ("train", "koch", "--data", "DATA", "--steps", "1", "--minutes", "1"),
        "not allowed with",
    ),
    "unknown net": (("train", "vgg", "--data", "DATA"), "koch"),
    "overwriting": (("train", "koch", "--data", "DATA", "--steps", "1", "--out", "FOLDER"), "overwritten"),
    "log without part": (("log",), "COMMAND"),
    "missing CSV": (("log", "import", "missing.csv"), "missing.csv"),
    "CSV without columns": (("log", "import", "TEXT"), "left_id, right_id, answer"),
    "binary CSV": (("log", "import", "GOOD"), "which is a PNG"),
    "export nowhere": (("log", "export", "missing/folder/out.csv"), "existing folder"),
    "too few answers": (("retrain",), "answers"),
    "missing log": (("retrain", "--log", "missing.csv"), "missing.csv"),
    "no log": (("retrain", "--log", "TEXT"), "columns"),
    "unknown checkpoint": (("checkpoints", "promote", "koch-123"), "koch-123"),
    "validation alone": (("diagnose", "--validation", "x"), "--validation"),
    "labels alone": (("diagnose", "--labels", "x"), "--labels"),
    "nothing to diagnose": (("diagnose", "--data", "missing"), "missing"),
    "unknown study": (("casestudy", "other"), "contrastive-nan"),
    "study of nothing": (("casestudy", "contrastive-nan"), "class folders of faces"),
    "study of missing data": (("casestudy", "one-shot-evaluation", "--data", "missing"), "missing"),
    "no images to label": (("mine", "--images", "missing", "--top", "3"), "Images to label lie in a folder"),
    "no pairs wanted": (("mine", "--images", "FOLDER", "--top", "0"), "at least 1"),
    "mine nothing": (("mine", "--top", "3"), "--images"),
    "unknown strategy": (("mine", "--images", "x", "--top", "3", "--strategy", "guess"), "disagreement"),
    "loop without images": (("bench", "loop"), "needs images in class folders"),
    "unknown benchmark": (("bench", "quick"), "Received: quick. Choose among these."),
    "nothing to go back to": (("checkpoints", "rollback", "koch"), "rollback"),
}


@pytest.fixture(scope="module")
def odd_files(tmp_path_factory, drawings) -> dict[str, Path]:
    """The words in capitals of `BAD`."""
    folder = tmp_path_factory.mktemp("odd")
    good = image_file(corner_mark())
    contents = {
        "GOOD": ("good.png", good),
        "TEXT": ("text.png", b"no image, no table\n"),
        "EMPTY": ("empty.png", b""),
        "CUT": ("cut.png", good[: len(good) // 2]),
        "HUGE": ("huge.png", huge_png()),
        "MIXED/class": ("mixed/class/1.png", good),
        "MIXED/file": ("mixed/1.png", good),
    }
    paths = {"FOLDER": folder / "folder", "MIXED": folder / "mixed", "DATA": drawings}
    paths["FOLDER"].mkdir()
    for word, (name, content) in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        paths[word] = folder / name
    return paths


@pytest.mark.parametrize(("words", "told"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_bad_input_gets_one_line_that_says_what_to_mend(run, odd_files, tmp_path, words, told, as_json):
    words = [odd_files.get(word, word) for word in words]
    home = tmp_path / "not" / "made" / "yet"
    assert told in run(*words, *(["--json"] if as_json else []), home=home).error()


@pytest.mark.parametrize("words", [("log", "check"), ("checkpoints", "list"), ("compare", "GOOD", "GOOD")])
@pytest.mark.parametrize("inside", ["", "inside"])
def test_a_workspace_that_cannot_be_a_folder_is_told(run, odd_files, words, inside):
    words = [odd_files.get(word, word) for word in words]
    assert "A workspace is a folder" in run(*words, home=odd_files["TEXT"] / inside).error()


def test_a_disk_that_cannot_be_written_is_told_with_its_place(run, workspace):
    workspace.mkdir()
    (workspace / "checkpoints").write_text("in the way")
    line = run("checkpoints", "rollback", "koch").error()
    assert str(workspace / "checkpoints") in line


def test_a_file_name_cannot_break_the_line_or_steer_the_terminal(run, odd_files):
    line = run("compare", "no\nsuch\x1b[2J.png", odd_files["GOOD"]).error()
    assert "\x1b" not in line
