"""Sentences about a plot, with their values apart, so that the page can say them in other languages."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """A sentence in English with `{names}` for its values.

    A value is a word, a number as it is shown, or a tuple of sentences, which are listed.
    """

    text: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.text.format(**{name: _listed(value) for name, value in self.values.items()})


def sentence(text: str, **values: object) -> Sentence:
    return Sentence(text, values)


def _listed(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else value
