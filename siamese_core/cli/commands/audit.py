"""`audit`: who promoted, imported, undid, logged in, when and from where."""

from argparse import ArgumentParser, Namespace

from siamese_core.accounts.audit import ACTIONS, AuditLog, Wanted, moment
from siamese_core.cli.command import CommandResult
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress

SUMMARY = "who did what, when and from where: logins, promotions, imports, undone answers, settings"
COLUMNS = ("time", "what", "who", "where", "request")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--who", default="", metavar="NAME", help="only what this person or program did")
    parser.add_argument("--what", choices=ACTIONS, default="", help="only this")
    parser.add_argument("--since", default="", metavar="TIME", help="only from this date or time (UTC) on")
    parser.set_defaults(run=audit)


def audit(options: Namespace, progress: Progress) -> CommandResult:
    """Print the audit log of the workspace, oldest entry first."""
    wanted = Wanted(options.who, options.what, moment(options.since) if options.since else None)
    found = list(AuditLog(options.workspace).entries(wanted))
    rows = [[each.get(name, "") for name in COLUMNS] + [_details(each)] for each in found]
    shown = table((*COLUMNS, "details"), rows) if rows else "The audit log has no such entry."
    return CommandResult({"entries": found}, (shown,))


def _details(entry: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.items() if name not in COLUMNS)
