"""How templates are rendered: escaped, without white space of their own, with every value given."""

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from siamese_core.page.parts.templates import FOLDER, JoinedLines, environment, render

EVIL = "<img src=x onerror=alert(1)> & \"quoted\" 'too'"


@pytest.mark.parametrize("template", environment.list_templates(extensions=["jinja"]))
def test_every_template_compiles(template):
    assert environment.get_template(template)


def test_each_template_lies_in_the_folder_of_a_tab_or_of_the_parts():
    names = [str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*.jinja")]
    assert sorted(names) == environment.list_templates(extensions=["jinja"])
    depths = {name: 1 + name.startswith("serving/") for name in names}  # pages of their own lie deeper
    assert all(name.endswith(".html.jinja") and name.count("/") == depths[name] for name in names)


def test_a_value_is_escaped_unless_it_is_markup():
    drawn = render("parts/busy.html.jinja", share=0.5, words=EVIL)
    assert isinstance(drawn, Markup)
    assert "<img" not in drawn and "&lt;img src=x onerror=alert(1)&gt; &amp; &#34;quoted&#34;" in drawn
    assert "<b>bold</b>" in render("parts/busy.html.jinja", share=0.5, words=Markup("<b>bold</b>"))


def test_what_a_macro_or_a_block_draws_is_escaped_too():
    template = environment.from_string(
        "{% macro tag(name) %}<b>{{ name }}</b>{% endmacro %}{% set block %}<i>{{ evil }}</i>{% endset %}"
        "{{ tag(evil) }}{{ block }}{{ {'key': evil} | tojson }}"
    )
    drawn = template.render(evil=EVIL)
    assert "<img" not in drawn and drawn.startswith("<b>&lt;img") and "<i>&lt;img" in drawn


def test_a_value_that_is_missing_is_an_error_and_not_an_empty_text():
    with pytest.raises(UndefinedError, match="words"):
        render("parts/busy.html.jinja", share=0.5)


@pytest.mark.parametrize(
    ("source", "joined"),
    [
        ("<p>\n  <b>a</b>\n</p>\n", "<p><b>a</b></p>"),
        ("<p>\n  a\n  b\n</p>", "<p>a b</p>"),
        ('<p\n  class="x"\n  title="y">', '<p class="x" title="y">'),
        ("{% if a %}\n  {{ b }}\n{% endif %}", "{% if a %}{{ b }}{% endif %}"),
        ("a {{ b }} c", "a {{ b }} c"),
    ],
)
def test_line_breaks_and_indentation_are_not_in_what_is_drawn(source, joined):
    assert JoinedLines(environment).preprocess(source, None) == joined
