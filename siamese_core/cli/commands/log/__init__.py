"""`log`: the answers of people, checked, taken in and given out.

In: options. Out: the result of a command. Open `command` first; `formats` is for `--format`, `report` tells.
"""
