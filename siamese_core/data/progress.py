"""The function that long work calls to tell how far it is."""

from collections.abc import Callable

# Called with the share of the work that is done, 0..1, and a few words for the person who waits.
Progress = Callable[[float, str], None]
