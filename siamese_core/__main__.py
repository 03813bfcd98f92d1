"""The command line as a process of its own: `siamese`, or `python -m siamese_core`."""

import sys

from siamese_core.cli.interrupts import end_at_once, raise_again


def run() -> int:
    """Set the process up, run the command that it was started with, and return the exit code."""
    end_at_once()
    import os
    import signal

    from siamese_core.cli.start import open_standard_streams, provide_home

    open_standard_streams()
    provide_home()
    if hasattr(signal, "SIGPIPE"):  # not on Windows
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # ends without a word when `| head` has read enough
    sys.stdout.reconfigure(errors="backslashreplace")  # a file name need not be valid text
    # TensorFlow does without oneDNN where there is no AVX-512, and trains ResNet50 at 2/5 of the speed.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    from siamese_core.cli.main import main
    from siamese_core.cli.terminal import mute_native_libraries

    if not os.environ.get("SIAMESE_DEBUG"):
        mute_native_libraries()
    raise_again()
    return main()


if __name__ == "__main__":
    sys.exit(run())
