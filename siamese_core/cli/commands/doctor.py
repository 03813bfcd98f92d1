"""`doctor`: what is wrong with this installation and workspace, and what to do."""

from argparse import ArgumentParser, Namespace

from siamese_core.cli.command import CommandResult
from siamese_core.cli.findings import shown_findings
from siamese_core.data.progress import Progress

SUMMARY = "say what is wrong with the installation, workspace, log, weights, proxy or disk, and what to do"


def add_arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(run=doctor)


def doctor(options: Namespace, progress: Progress) -> CommandResult:
    """Run all checks; findings are no failure of the command."""
    from siamese_core.operating.doctor import examine

    findings = examine(options.workspace, progress, log_url=options.log_url, images_url=options.images_url)
    return CommandResult({"findings": [each.json() for each in findings]}, shown_findings(findings))
