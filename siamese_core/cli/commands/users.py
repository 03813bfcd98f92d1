"""`users add`, `list`, `role`, `password`, `remove`: who may log in on the page."""

import getpass
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from siamese_core.accounts import account_file, audit
from siamese_core.accounts.account_file import Account, AccountFile
from siamese_core.accounts.passwords import require_library
from siamese_core.accounts.roles import ROLES
from siamese_core.cli.arguments import add_command, add_group
from siamese_core.cli.command import CommandResult
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError

SUMMARY = "who may log in on the page: add somebody, list, change role or password, remove"


def add_arguments(parser: ArgumentParser) -> None:
    parts = add_group(parser)
    add = add_command(parts, "add", "add somebody; the password is asked for", users_add)
    add.add_argument("name", metavar="NAME", help="as it will stand in the log of answers")
    add_role(add)
    listed = add_command(parts, "list", "list names and roles", users_list)
    role = add_command(parts, "role", "give somebody another role", users_role)
    role.add_argument("name", metavar="NAME")
    role.add_argument("role", choices=ROLES)
    password = add_command(parts, "password", "give somebody another password", users_password)
    password.add_argument("name", metavar="NAME")
    remove = add_command(parts, "remove", "remove somebody, whose sessions end at once", users_remove)
    remove.add_argument("name", metavar="NAME")
    for each in (add, password):
        each.add_argument(
            "--password-stdin", action="store_true", help="read the password from the first line of the input"
        )
    for each in (add, listed, role, password, remove):
        add_auth(each)


def add_role(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--role",
        choices=ROLES,
        default=ROLES[0],
        help="what may be done: compare and label; also settle and relabel; everything (%(default)s)",
    )


def add_auth(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--auth",
        type=Path,
        metavar="FILE",
        help=f"the file of accounts that the page is given (WORKSPACE/{account_file.FILE_NAME})",
    )


def opened(options: Namespace) -> AccountFile:
    return AccountFile(options.auth or options.workspace / account_file.FILE_NAME)


def note(options: Namespace, change: str, account: str) -> None:
    """Write a change of the accounts into the audit log of the workspace."""
    audit.note_done(options.workspace, audit.ACCOUNTS, change=change, account=account)


def users_add(options: Namespace, progress: Progress) -> CommandResult:
    """Add somebody, with a password that is asked for twice, without echo."""
    require_library()
    file = opened(options)
    account_file.free_name(options.name, vars(file.accounts()))  # before a password is asked for
    added = file.add_user(options.name, options.role, asked_password(options.password_stdin))
    note(options, f"user added as {added.role}", added.name)
    return listing(
        file, "users", f"{added.name} may log in where the page is started with --auth {file.path}"
    )


def users_list(options: Namespace, progress: Progress) -> CommandResult:
    return listing(opened(options), "users")


def users_role(options: Namespace, progress: Progress) -> CommandResult:
    file = opened(options)
    file.set_role(options.name, options.role)
    note(options, f"user is now {options.role}", options.name)
    return listing(file, "users")


def users_password(options: Namespace, progress: Progress) -> CommandResult:
    require_library()
    file = opened(options)
    account_file.known("users", options.name, vars(file.accounts()))
    file.set_password(options.name, asked_password(options.password_stdin))
    note(options, "user has another password", options.name)
    return listing(file, "users")


def users_remove(options: Namespace, progress: Progress) -> CommandResult:
    file = opened(options)
    file.remove("users", options.name)
    note(options, "user removed", options.name)
    return listing(file, "users")


def listing(file: AccountFile, kind: str, *lines: str) -> CommandResult:
    """Return who is in the file, without what is secret. kind: "users" or "tokens"."""
    found: list[Account] = list(getattr(file.accounts(), kind).values())
    entries = [{"name": each.name, "role": each.role, "created_at": each.created_at} for each in found]
    rows = [(each.name, each.role, each.created_at[:16].replace("T", " ")) for each in found]
    shown = table(("name", "role", "added"), rows) if rows else f"There are no {kind} in {file.path}."
    return CommandResult({kind: entries}, (*lines, shown))


def asked_password(from_input: bool) -> str:
    """Return the password from the input's first line, or asked for twice without echo.

    UserError where both times differ, or nobody can be asked.
    """
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UserError(
            "A password is asked for on a terminal. Received: an input that is none. Give "
            "--password-stdin to read it from there."
        )
    first, second = getpass.getpass("Password: "), getpass.getpass("Again: ")
    if first != second:
        raise UserError("Both times the password must be the same. Received: two. Try again.")
    return first
