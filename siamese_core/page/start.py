"""Start the page: `siamese-workbench`, and app.py."""

from siamese_core.cli.interrupts import end_at_once


def run() -> int:
    """Serve as `process.main` does; Ctrl-C is heard while that is imported."""
    end_at_once()
    from siamese_core.page.serving.process import main

    return main()
