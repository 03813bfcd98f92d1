"""What the page gets beside its components: all scripts and styles, in the order that is listed."""

import re

import pytest

from siamese_core.page.serving.head import SCRIPTS as HEAD_SCRIPTS
from siamese_core.page.theme import SCRIPTS, STYLES, WEB, script, style

MOST_LINES = 50  # of a function


@pytest.mark.parametrize(("folder", "listed"), [("scripts", SCRIPTS), ("styles", STYLES)])
def test_every_file_of_the_folder_is_loaded_once(folder, listed):
    found = {str(file.relative_to(WEB / folder)) for file in (WEB / folder).rglob("*") if file.is_file()}
    # into the document's head by the server, and into a page of its own
    elsewhere = (
        {file.name for file in HEAD_SCRIPTS} if folder == "scripts" else {"login.css", "reference.css"}
    )
    assert sorted(listed) == sorted(found - elsewhere)


def test_a_script_uses_only_what_stands_before_it():
    known = set()
    for name in SCRIPTS:
        text = (WEB / "scripts" / name).read_text(encoding="utf-8")
        at_once = {used for used in re.findall(r"^  const \{.*\} = workbench\.?(\w*);", text, re.M) if used}
        at_once |= {
            part
            for parts in re.findall(r"^  const \{ (.*) \} = workbench;", text, re.M)
            for part in parts.split(", ")
        }
        assert at_once <= known, f"{name} is loaded before {at_once - known}"
        known |= set(re.findall(r"^  workbench\.(\w+) = ", text, re.M))


def test_no_function_of_the_scripts_is_long():
    for name in SCRIPTS:
        lines = (WEB / "scripts" / name).read_text(encoding="utf-8").split("\n")
        starts = [i for i, line in enumerate(lines) if re.match(r"  (async )?function ", line)]
        for start in starts:
            end = next(
                i
                for i in range(start, len(lines))
                if lines[i] == "  }" or lines[i].startswith("  function") and lines[i].endswith("}")
            )
            assert end - start < MOST_LINES, f"{name}: {lines[start].strip()}"


def test_scripts_and_styles_are_whole():
    assert script().count("<script>") == script().count("</script>") == len(SCRIPTS)
    assert style().count("{") == style().count("}")
