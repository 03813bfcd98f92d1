"""The append-only log of people's answers, one row an event: `pairs.csv`, or a table of PostgreSQL.

In: answers with the encoders' verdicts. Out: the answers that stand, conflicts, counts, a report, an export.
Open `pair_log` first; `label_row` has the columns, `settled` decides which answers stand and train,
`corrections` which of them correct an encoder, `stores` keeps the rows.
"""
