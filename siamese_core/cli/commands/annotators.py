"""`annotators`, with `set-aside` and `bring-back`: how much, how fast and how consistently people answer."""

import getpass
from argparse import ArgumentParser, Namespace

from siamese_core.annotators.agreement import Kappa, fleiss_kappa
from siamese_core.annotators.gold import GoldQuestions
from siamese_core.annotators.people import Person, people
from siamese_core.annotators.setting_aside import bring_back, set_aside
from siamese_core.annotators.share import Share
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.pair_log import PairLog, log_of
from siamese_core.answers.settled import standing_labels
from siamese_core.cli.arguments import add_command
from siamese_core.cli.command import CommandResult
from siamese_core.cli.commands import gold
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress

SUMMARY = "who has answered how much, how fast, how consistent with others and with themselves"
HEADING = (
    "annotator",
    "state",
    "answers",
    "median",
    "an hour",
    "kappa with the others",
    "the same again",
    "gold",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(run=annotators)
    parts = parser.add_subparsers(metavar="COMMAND")
    for name, summary, change in (
        ("set-aside", "let the answers of a person count nowhere; they stay in the log", set_aside_person),
        ("bring-back", "let them count again", bring_back_person),
    ):
        part = add_command(parts, name, summary, change)
        part.add_argument("name", metavar="NAME", help="as it stands in the log; '' for answers without one")
    gold.add_arguments(add_command(parts, "gold", "pairs with known answers, asked to test who answers"))


def opened(options: Namespace) -> PairLog:
    return log_of(options.workspace, options.log_url)


def annotators(options: Namespace, progress: Progress) -> CommandResult:
    """Print the statistics of everybody who has answered."""
    return listing(options)


def set_aside_person(options: Namespace, progress: Progress) -> CommandResult:
    """Set the answers of a person aside."""
    set_aside(opened(options), options.name, decision())
    return listing(options, f"The answers of {options.name or '(no name)'} count nowhere until brought back.")


def bring_back_person(options: Namespace, progress: Progress) -> CommandResult:
    """Bring the answers of a person back."""
    bring_back(opened(options), options.name, decision())
    return listing(options, f"The answers of {options.name or '(no name)'} count again.")


def decision() -> LabelRow:
    """Return the event of whoever decides on the command line."""
    return LabelRow(annotator=getpass.getuser(), source="api")


def listing(options: Namespace, *lines: str) -> CommandResult:
    """Return the table of all annotators below these lines."""
    rows = opened(options).rows()
    found = people(rows, GoldQuestions(options.workspace).answers())
    together = fleiss_kappa(standing_labels(rows))
    if not found:
        return CommandResult({"annotators": [], "fleiss": together.json()}, (*lines, "Nobody has answered."))
    shown = table(HEADING, [_cells(each) for each in found])
    all_together = f"All together (Fleiss' kappa): {kappa_words(together)}"
    told = {"annotators": [each.json() for each in found], "fleiss": together.json()}
    return CommandResult(told, (*lines, shown, all_together))


def state_words(person: Person) -> str:
    """Return whether the answers count, and whether they look random."""
    random = "; answers look random" if person.suspicion and person.suspicion.random else ""
    return ("set aside" if person.aside else "counts") + random


def kappa_words(found: Kappa) -> str:
    """Return a kappa with its interval and the count, or why there is none."""
    if found.value is None:
        return f"{'too few pairs' if found.too_few else 'all answers equal'} ({found.pairs})"
    low, high = found.interval
    return f"{found.value:.2f} ({low:.2f} to {high:.2f}; {found.pairs} pairs)"


def share_words(found: Share) -> str:
    """Return a share with its interval and the count."""
    if found.share is None:
        return "none"
    low, high = found.interval
    return f"{found.right} of {found.count} ({100 * low:.0f} to {100 * high:.0f} %)"


def _cells(each: Person) -> tuple[str, ...]:
    return (
        each.name or "(no name)",
        state_words(each),
        f"{each.answers:,}",
        "unknown" if each.median_ms is None else f"{each.median_ms / 1000:.1f} s",
        "unknown" if each.per_hour is None else f"{each.per_hour:,.0f}",
        kappa_words(each.others),
        share_words(each.repeats),
        share_words(each.gold),
    )
