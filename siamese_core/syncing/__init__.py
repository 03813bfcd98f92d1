"""Keep answers, their images and promoted checkpoints on the Hugging Face hub, where the disk forgets.

In: the log and the images of a workspace, a dataset repository, a token. Out: append-only shards there, what
is not there yet, and the workspace again on an empty disk. Open `worker` first; `sending` makes the commits,
`ledger` knows which rows are confirmed, `restoring` merges what several servers sent, and only `hub` talks to
the hub.
"""
