"""The append-only log of what people answered: `pairs.csv`, a row an event.

In: answers with what every encoder said. Out: the rows that count, conflicts, a report.
Open `pair_log` first; `label_row` has the columns.
"""
