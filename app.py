"""Serve the Siamese Workbench: `python app.py [--port N] ...`. A Hugging Face Space starts this file."""

import sys

from siamese_core.page.start import run

if __name__ == "__main__":
    sys.exit(run())
