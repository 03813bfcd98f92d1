"""`doctor`: what is wrong with this installation and workspace, and what to do."""

from argparse import ArgumentParser, Namespace

from siamese_core.cli.command import CommandResult
from siamese_core.cli.findings import shown_findings
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.syncing.naming import add_sync_options

SUMMARY = "say what is wrong with the installation, workspace, log, weights, proxy or disk, and what to do"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--licences",
        action="store_true",
        help="list the licence of every library that is used, in place of that",
    )
    add_sync_options(parser)
    parser.set_defaults(run=doctor)


def doctor(options: Namespace, progress: Progress) -> CommandResult:
    """Run all checks; findings are no failure of the command."""
    if options.licences:
        return licence_list()
    from siamese_core.operating.doctor import examine
    from siamese_core.syncing.checking import check_sync

    findings = examine(options.workspace, progress, log_url=options.log_url, images_url=options.images_url)
    if options.sync_to:
        findings.append(check_sync(options.workspace, options.sync_to, options.log_url))
    return CommandResult({"findings": [each.json() for each in findings]}, shown_findings(findings))


def licence_list() -> CommandResult:
    """Return a row for each library."""
    from siamese_core.operating.licences import licences

    found = licences()
    rows = [(each.library, each.version, each.licence, each.needed_by) for each in found]
    shown = table(("library", "version", "licence", "needed by"), rows)
    return CommandResult({"licences": [each.json() for each in found]}, (shown,))
