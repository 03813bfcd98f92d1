"""The calls that the reference shows, run as they stand; what they answer is what the reference says."""

import contextlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from helpers.browsing import glyph
from helpers.calling import Caller
from siamese_core.page.serving.contract import replies

REPLIES = {
    "compare": replies.Compared,
    "explain": replies.Explained,
    "one_shot": replies.Ranked,
    "find": replies.Found,
    "answer": replies.Answered,
    "undo": replies.Undone,
    "next_pairs": replies.NextPairs,
    "status": replies.Status,
}
FILES = ("left", "right", "query", "cat", "dog")
NODE = 'import {openAsBlob} from "node:fs";\n' + "".join(
    f'const {name} = await openAsBlob("{name}.png");\n' for name in FILES
)


@pytest.fixture(scope="module")
def shown(labelling) -> dict[str, dict[str, str]]:
    """By language, what comes before all calls as "" and the call of each endpoint."""
    page = httpx.get(f"{labelling.url}/reference", trust_env=False).raise_for_status().text
    plain = (
        re.sub(r"&(#34|quot);", '"', page.replace("&#39;", "'")).replace("&gt;", ">").replace("&amp;", "&")
    )
    found: dict[str, dict[str, str]] = {}
    for language, start in re.findall(r'<pre[^>]*data-start="(\w+)">(.*?)</pre>', plain, re.S):
        found[language] = {"": start}
    for name, section in re.findall(r'<section id="(\w+)"(.*?)</section>', plain, re.S):
        for language, call in re.findall(r'<pre[^>]*data-example="(\w+)">(.*?)</pre>', section, re.S):
            found[language][name] = call
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    for seed, name in enumerate(FILES):
        (folder / f"{name}.png").write_bytes(glyph(900 + seed))
    return folder


@pytest.fixture(scope="module")
def ids(labelling) -> dict[str, str]:
    """Of two images and of an answer for each language, by what stands for them in the examples."""
    caller = Caller(labelling.url)
    _, compared = caller.curl("compare", [caller.uploaded(glyph(910)), caller.uploaded(glyph(911))])
    pair = compared["left"], compared["right"]
    told = {name: caller.curl("answer", [*pair, "same", f"Example {name}"])[1] for name in RUN}
    caller.close()
    labels = {f"LABEL_ID {name}": each["label_id"] for name, each in told.items()}
    return {"LEFT_ID": pair[0], "RIGHT_ID": pair[1], **labels}


def python(start: str, calls: dict[str, str], folder: Path) -> dict[str, dict]:
    names: dict = {}
    with contextlib.chdir(folder):
        exec(start, names)
        for name, call in calls.items():
            exec(call, names)
            calls[name] = names["reply"]
    names["app"].close()
    return calls


def curl(start: str, calls: dict[str, str], folder: Path) -> dict[str, dict]:
    lines = [start, *(f"echo; echo @{name}\n{call}" for name, call in calls.items())]
    printed = run(["bash", "-eu"], "\n".join(lines), folder)
    told = re.findall(r"^@(\w+)\n.*?^event: complete\ndata: (.*?)$", printed, re.S | re.M)
    return {name: json.loads(data)[0] for name, data in told}


def javascript(start: str, calls: dict[str, str], folder: Path) -> dict[str, dict]:
    each = [f'{{ {call}\nconsole.log(JSON.stringify(["{name}", reply])); }}' for name, call in calls.items()]
    printed = run(["node", "--input-type=module"], "\n".join([NODE, start, *each]), folder)
    return dict(json.loads(line) for line in printed.splitlines())


def run(command: list[str], script: str, folder: Path) -> str:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    environment = os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    finished = subprocess.run(
        command, input=script, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


RUN = {"python": python, "curl": curl, "javascript": javascript}
SLOW = {"explain"}  # its first call takes seconds


@pytest.mark.parametrize("language", RUN)
@pytest.mark.parametrize(
    "names", [set(REPLIES) - SLOW, pytest.param(SLOW, marks=pytest.mark.soak)], ids=["most", "slow"]
)
def test_the_examples_answer_as_the_reference_says(language, names, shown, ids, folder):
    assert set(shown[language]) == {"", *REPLIES}
    put = ids | {"LABEL_ID": ids[f"LABEL_ID {language}"]}
    calls = {
        name: re.sub("LEFT_ID|RIGHT_ID|LABEL_ID", lambda each: put[each[0]], call)
        for name, call in shown[language].items()
    }
    told = RUN[language](calls[""], {name: calls[name] for name in REPLIES if name in names}, folder)
    assert set(told) == names
    for name, reply in told.items():
        REPLIES[name].model_validate(reply)
    if "find" in names:
        assert told["find"]["results"][0]["matches"] and told["next_pairs"]["pairs"]
