"""Options that name where answers and images are kept, in place of the workspace; never with a password."""

import argparse
from collections.abc import Callable

from siamese_core.answers.stores.urls import EXAMPLE as LOG_EXAMPLE
from siamese_core.answers.stores.urls import is_url
from siamese_core.images.shared_files import EXAMPLE as IMAGES_EXAMPLE
from siamese_core.images.shared_files import is_place


class Url(argparse.Action):
    """Takes a URL without a password, which everybody on the machine could read.

    fits: whether a text is such a URL; example: one that is; instead: where a password may be.
    """

    def __init__(self, *args, fits: Callable[[str], bool], example: str, instead: str, **options):
        super().__init__(*args, **options)
        self._fits, self._example, self._instead = fits, example, instead

    def __call__(self, parser, options: argparse.Namespace, text: str, option: str | None = None) -> None:
        if not self._fits(text):
            raise argparse.ArgumentError(
                self, f"must be a URL such as {self._example}. Received: another one"
            )
        if has_password(text):
            raise argparse.ArgumentError(
                self,
                "must have no password: everybody on this machine can read a command line. Received: one. "
                f"Give it {self._instead}",
            )
        setattr(options, self.dest, text)


def has_password(url: str) -> bool:
    """Return whether a URL holds a password, also one that is written wrongly."""
    user, at, _ = url.partition("://")[2].rpartition("@")
    return bool(at and ":" in user) or "password=" in url.lower()


def add_log_url(parser, option: str, words: str, default: str = "") -> None:
    """Add an option that names a log in PostgreSQL. words: its help."""
    parser.add_argument(
        option,
        action=Url,
        metavar="URL",
        default=default,
        help=f"{words}: {LOG_EXAMPLE}",
        fits=is_url,
        example=LOG_EXAMPLE,
        instead="in PGPASSWORD or ~/.pgpass, or the whole URL in SIAMESE_LOG_URL",
    )


def add_places(parser, log_url: str, images_url: str) -> None:
    """Add --log-url and --images-url, with their defaults."""
    words = "keep the answers in PostgreSQL, not in the workspace (SIAMESE_LOG_URL)"
    add_log_url(parser, "--log-url", words, log_url)
    parser.add_argument(
        "--images-url",
        action=Url,
        metavar="URL",
        default=images_url,
        help=f"keep the images there, not in the workspace (SIAMESE_IMAGES_URL): {IMAGES_EXAMPLE}, "
        "file:///FOLDER",
        fits=is_place,
        example=IMAGES_EXAMPLE,
        instead="in the whole URL in SIAMESE_IMAGES_URL, or as the service has it",
    )
