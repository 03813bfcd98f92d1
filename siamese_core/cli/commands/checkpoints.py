"""`checkpoints list`, `promote`, `use`, `rollback` and `adopt`."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from siamese_core.accounts.audit import PROMOTE, ROLL_BACK, note_done
from siamese_core.checkpoints.domains import DOMAINS, HANDWRITING
from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.checkpoints.pretrained import newer_for_photographs
from siamese_core.cli.arguments import add_command, add_encoder, add_group
from siamese_core.cli.command import CommandResult, open_store
from siamese_core.cli.commands import adopt
from siamese_core.cli.terminal import table
from siamese_core.data.progress import Progress
from siamese_core.networks.encoders import SLOTS

if TYPE_CHECKING:
    from siamese_core.checkpoints.store import CheckpointStore

SUMMARY = "list checkpoints, promote one, go back to the one before, adopt a network of your own"
AUTO = "auto"
ID_HELP = "as in checkpoints list"


def add_arguments(parser: ArgumentParser) -> None:
    parts = add_group(parser)
    add_command(parts, "list", "list every checkpoint, shipped and in the workspace", checkpoints_list)
    promote = add_command(parts, "promote", "make a checkpoint current", checkpoints_promote)
    promote.add_argument("id", metavar="ID", help=ID_HELP)
    promote.add_argument(
        "--slot", choices=SLOTS, help="slot where it serves (the one named like its encoder)"
    )
    use = add_command(parts, "use", "choose one checkpoint for all images in a slot", checkpoints_use)
    use.add_argument("slot", choices=SLOTS, metavar="SLOT", help=f"one of {', '.join(SLOTS)}")
    use.add_argument("id", metavar="ID", help=f"{ID_HELP}; {AUTO}: chosen by what the images are")
    back = add_command(parts, "rollback", "go back to the checkpoint before", checkpoints_rollback)
    add_encoder(back)
    back.add_argument(
        "--domain",
        choices=DOMAINS,
        default=HANDWRITING,
        help="images whose checkpoint goes back (%(default)s)",
    )
    adopt.add_arguments(add_command(parts, "adopt", adopt.SUMMARY, adopt.checkpoints_adopt))


def checkpoints_list(options: Namespace, progress: Progress) -> CommandResult:
    """List the checkpoints, without loading any."""
    return _result(open_store(options))


def checkpoints_promote(options: Namespace, progress: Progress) -> CommandResult:
    """Make a checkpoint the current one of a slot."""
    store = open_store(options)
    progress(0.0, "loading the checkpoint")
    store.promote(options.id, options.slot)
    note_done(options.workspace, PROMOTE, checkpoint=options.id, slot=options.slot)
    return _result(store)


def checkpoints_use(options: Namespace, progress: Progress) -> CommandResult:
    """Fix a checkpoint in a slot for images of every domain, or let the domain choose again."""
    store = open_store(options)
    progress(0.0, "loading the checkpoint")
    store.fix(options.slot, None if options.id == AUTO else options.id)
    note_done(
        options.workspace, PROMOTE, checkpoint=options.id, slot=options.slot, change="used for all images"
    )
    return _result(store)


def checkpoints_rollback(options: Namespace, progress: Progress) -> CommandResult:
    """Make the checkpoint current again that was so before."""
    store = open_store(options)
    store.rollback(options.encoder, options.domain)
    note_done(options.workspace, ROLL_BACK, slot=options.encoder, domain=options.domain)
    return _result(store)


def _result(store: "CheckpointStore") -> CommandResult:
    entries = [
        {
            "id": info.id,
            "encoder": info.encoder,
            "origin": info.origin,
            "current": info.current,
            "created_at": info.card.created_at,
            "parent": info.card.parent,
            "folder": str(info.folder),
        }
        for info in store.list()
    ]
    names = CheckpointNames(store)
    rows = [
        (
            each["id"],
            names.words(each["id"]),
            "current" if each["current"] else "",
            each["created_at"][:16].replace("T", " "),
        )
        for each in entries
    ]
    shown = table(("checkpoint", "what it is", "", "created"), rows)
    nothing = "There is no checkpoint yet: train one."
    return CommandResult({"checkpoints": entries}, (shown if rows else nothing, *_offers(store, names)))


def _offers(store: "CheckpointStore", names: CheckpointNames) -> list[str]:
    """Return a line for each slot whose photographs an earlier version's checkpoint compares."""
    found = [(slot, newer_for_photographs(store, slot)) for slot in SLOTS]
    return [
        f"In the slot {slot} photographs are compared by a checkpoint of an earlier version. A newer one is "
        f"there ({names.words(newer.id)}): python -m siamese_core checkpoints promote {newer.id}"
        for slot, newer in found
        if newer
    ]
