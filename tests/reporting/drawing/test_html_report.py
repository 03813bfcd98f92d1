"""A report is one file: nothing in it asks another host, and no name in it is markup."""

import re

import pandas as pd

from siamese_core.images.store import ImageStore
from siamese_core.reporting.drawing.html_report import csv_table, html_report


def test_the_file_has_all_it_needs_and_takes_names_as_text(report, measured_home):
    data = report["data"] | {"name": "</script><b>x"}
    named = report | {"id": "20260101T000000-aaaaaa", "data": data}
    text = html_report([named], ImageStore(measured_home / "images"))
    assert "<b>x" not in text.replace("\\u003cb", "")
    own = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert "http" not in own.replace("http-equiv", "")
    assert "data:image/png;base64," in own
    assert re.findall(r'<div id="(roc|groups|similarities)"', own) == ["roc", "similarities", "groups"]


def test_no_cell_of_a_table_starts_a_formula():
    table = pd.DataFrame({"class": ["=1+1", "-x", "a"], "times": [-1, 2, 3]})
    assert csv_table(table).splitlines() == ["class,times", "'=1+1,-1", "'-x,2", "a,3"]
