"""Run one command: print its result, its progress and its errors, and return the exit code."""

import json
import os
import traceback
import warnings
from collections.abc import Sequence

from siamese_core.cli.command import CommandResult
from siamese_core.cli.interrupts import STOPPED
from siamese_core.cli.parser import build_parser
from siamese_core.cli.terminal import ProgressLine, print_error, print_parts, printed
from siamese_core.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return 0; 2 for what the user can mend; 130 after Ctrl-C; 1 for a fault of ours."""
    progress = ProgressLine()
    try:
        # Catching warnings here keeps the libraries' off standard error, and touches nobody who calls main.
        with warnings.catch_warnings():
            if not os.environ.get("SIAMESE_DEBUG"):
                warnings.simplefilter("ignore")
            options = build_parser().parse_args(arguments)
            result = options.run(options, progress)
        progress.close()
        _show(result, options.json)
    except SystemExit as finished:  # --help
        return finished.code or 0
    except KeyboardInterrupt as stop:
        return _fail(progress, str(stop) or STOPPED, 130)
    except UserError as problem:
        return _fail(progress, str(problem), 2)
    except OSError as problem:
        return _fail(progress, _about_files(problem), 2)
    except Exception as failure:
        words = f"unexpected {type(failure).__name__}: {failure}"
        return _fail(progress, f"{words}; set SIAMESE_DEBUG=1 for the traceback", 1)
    return 0


def _show(result: CommandResult, as_json: bool) -> None:
    line = json.dumps(result.json, allow_nan=False) if as_json else ""
    with printed():
        if as_json:
            print(line)
        else:
            print_parts(result.shown)


def _about_files(problem: OSError) -> str:
    place = f"{problem.filename}: " if problem.filename else ""
    return (
        "Files and folders must be readable, and the workspace writable with room left. Received: "
        f"{place}{problem.strerror or problem}. Check names and permissions, and the free space."
    )


def _fail(progress: ProgressLine, words: str, code: int) -> int:
    """Print one line on standard error and return the code; to be called while the exception is handled."""
    progress.close()
    if os.environ.get("SIAMESE_DEBUG"):
        traceback.print_exc()
    print_error(words)
    return code
