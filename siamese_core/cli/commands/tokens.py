"""`tokens add`, `list`, `remove`: programs that may call the page where people log in."""

from argparse import ArgumentParser, Namespace

from siamese_core.cli.arguments import add_command, add_group
from siamese_core.cli.command import CommandResult
from siamese_core.cli.commands.users import add_auth, add_role, listing, note, opened
from siamese_core.data.progress import Progress

SUMMARY = "programs that may call a page where people log in: add a token, which is shown once, list, remove"


def add_arguments(parser: ArgumentParser) -> None:
    parts = add_group(parser)
    add = add_command(parts, "add", "make a token and show it, once", tokens_add)
    add.add_argument("name", metavar="NAME", help="the program's; its answers carry it as annotator")
    add_role(add)
    listed = add_command(parts, "list", "list names and roles", tokens_list)
    remove = add_command(parts, "remove", "remove a token, which counts no more at once", tokens_remove)
    remove.add_argument("name", metavar="NAME")
    for each in (add, listed, remove):
        add_auth(each)


def tokens_add(options: Namespace, progress: Progress) -> CommandResult:
    """Make a token. It is stored hashed: who loses it makes another."""
    token = opened(options).add_token(options.name, options.role)
    note(options, f"token added as {options.role}", options.name)
    lines = (token, "It is shown this once. A program sends it as the header `Authorization: Bearer TOKEN`.")
    return CommandResult({"name": options.name, "role": options.role, "token": token}, lines)


def tokens_list(options: Namespace, progress: Progress) -> CommandResult:
    return listing(opened(options), "tokens")


def tokens_remove(options: Namespace, progress: Progress) -> CommandResult:
    file = opened(options)
    file.remove("tokens", options.name)
    note(options, "token removed", options.name)
    return listing(file, "tokens")
