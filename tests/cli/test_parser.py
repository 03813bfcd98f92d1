"""Which commands and options there are, and where they may stand."""

import json
from pathlib import Path

import pytest

from helpers.commands import answers_csv
from siamese_core.cli.main import main
from siamese_core.cli.parser import build_parser
from siamese_core.networks.encoders import ENCODERS


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--workspace", "HOME", "log", "check"),
        ("log", "--workspace", "HOME", "--json", "check"),
        ("log", "check", "--json", "--workspace", "HOME"),
        ("--json", "--workspace", "elsewhere", "log", "check", "--workspace", "HOME"),
    ],
)
def test_json_and_workspace_may_stand_before_or_after_the_command(capsys, workspace, tmp_path, words):
    main(["log", "import", str(answers_csv(workspace, tmp_path / "a.csv", 2)), "--workspace", str(workspace)])
    capsys.readouterr()
    assert main([str(workspace) if word == "HOME" else word for word in words]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 3


def test_the_workspace_is_the_option_else_the_environment_else_here(monkeypatch, tmp_path):
    def chosen(*words) -> Path:
        return build_parser().parse_args([*words, "log", "check"]).workspace

    monkeypatch.delenv("SIAMESE_WORKSPACE", raising=False)
    assert chosen() == Path("workspace")
    monkeypatch.setenv("SIAMESE_WORKSPACE", str(tmp_path))
    assert chosen() == tmp_path
    assert chosen("--workspace", "mine") == Path("mine")


SECRET = "s3cr3t"


@pytest.mark.parametrize("words", [("log", "check", "--log-url"), ("log", "import", "--from-url")])
@pytest.mark.parametrize("url", [f"postgresql://ada:{SECRET}@db/x", f"postgresql:///x?password={SECRET}"])
def test_a_password_that_everybody_could_read_is_refused_and_not_repeated(capsys, words, url):
    assert main([*words, url]) == main(["log", "check", "--images-url", "sftp://ada:s3cr3t@db/x"]) == 2
    told = capsys.readouterr().err
    assert "PGPASSWORD" in told and "SIAMESE_IMAGES_URL" in told and SECRET not in told


@pytest.mark.parametrize("url", ["people", "http://db/x", "/srv/pairs.csv"])
def test_what_is_no_url_of_a_database_is_never_taken_for_a_file(capsys, monkeypatch, tmp_path, url):
    monkeypatch.chdir(tmp_path)
    assert main(["log", "check", "--log-url", url]) == 2
    monkeypatch.setenv("SIAMESE_LOG_URL", url)
    assert main(["log", "check"]) == 2
    assert capsys.readouterr().err.count("postgresql://USER@HOST:5432/DATABASE") == 2


def test_the_url_of_the_log_is_the_option_else_the_environment(monkeypatch):
    def chosen(*words) -> str:
        return build_parser().parse_args(["log", "check", *words]).log_url

    assert chosen() == ""
    monkeypatch.setenv("SIAMESE_LOG_URL", f"postgresql://ada:{SECRET}@db/x")
    assert SECRET in chosen()
    assert chosen("--log-url", "postgresql://db/y") == "postgresql://db/y"


NAMED = (
    ("compare", "a.png", "b.png", "--encoder"),
    ("one-shot", "--query", "a.png", "--support", "b", "--encoder"),
    ("train", "--data", "a", "--steps", "1", "--seed", "0"),
    ("evaluate", "one-shot", "--data", "a", "--encoder"),
    ("evaluate", "lake", "--runs", "a.zip", "--encoder"),
    ("evaluate", "verification", "--list", "a.csv", "--encoder"),
    ("retrain", "--encoder"),
    ("checkpoints", "rollback"),
)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("words", NAMED, ids=" ".join)
def test_every_command_that_takes_an_encoder_takes_every_name(words, encoder):
    options = build_parser().parse_args([*words, encoder])
    assert encoder in (getattr(options, "encoder", None), *(getattr(options, "encoders", None) or ()))


def test_help_tells_every_command_and_its_defaults(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n    {name} " in shown for name in ("compare", "one-shot", "train", "evaluate", "log"))
    assert all(f"\n    {name} " in shown for name in ("retrain", "checkpoints"))
    assert main(["evaluate", "one-shot", "--help"]) == 0
    assert "(400)" in capsys.readouterr().out
