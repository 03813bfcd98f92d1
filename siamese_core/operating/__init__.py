"""Keep an installation running: say what is wrong with it, back a workspace up, watch a server and end it.

In: the folder of a workspace, which may be in use, or the zip of a backup. Out: `Finding`s, a zip with the
SHA-256 of every file, or a new workspace; lines of the program's log, metrics. TensorFlow is never loaded.
Open `doctor` first for the checks, `backup` for what is kept, `stopping` for the end of a server.
"""
