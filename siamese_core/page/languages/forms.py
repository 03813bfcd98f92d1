"""Match a message, whose values are filled in, with the forms of a catalogue, where `{name}` is a value."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

NAME = re.compile(r"\{(\w+)\}")
# A form of fewer characters of its own than the first takes no message of more than the second: `{day} May`
# would else take a whole sentence that ends so.
SHORT_FORM, SHORT_MESSAGE = 20, 80


@dataclass(frozen=True)
class Form:
    """A text with names in braces: `literals` is what stands before, between and after its `names`."""

    text: str
    literals: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def own(self) -> int:
        """How many characters are no value."""
        return sum(map(len, self.literals))

    def values(self, message: str) -> dict[str, str] | None:
        """Return the value of each name in a message of this form, each as short as can be; else None.

        It takes a search for each literal, in time linear in the length of the message.
        """
        first, *between, last = self.literals
        if not (message.startswith(first) and message.endswith(last)):
            return None
        if len(message) > SHORT_MESSAGE and self.own < SHORT_FORM:
            return None
        found, start, end = [], len(first), len(message) - len(last)
        for literal in between:
            place = message.find(literal, start + 1, end)
            if place < 0:
                return None
            found.append(message[start:place])
            start = place + len(literal)
        return dict(zip(self.names, [*found, message[start:end]], strict=True)) if start < end else None


def forms_of(texts: Iterable[str]) -> list[Form]:
    """Return the texts that hold names, those with most words of their own first.

    So a form that is little but values, such as `{network}, shipped`, takes no message that has its own.
    """
    parts = {text: NAME.split(text) for text in texts if NAME.search(text)}  # every other one is a name
    forms = [Form(text, tuple(each[::2]), tuple(each[1::2])) for text, each in parts.items()]
    return sorted(forms, key=lambda form: -form.own)
