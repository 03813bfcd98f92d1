"""Where the rows of the log are kept: a CSV file, or a table of PostgreSQL.

In: rows that the contents took as fit. Out: the contents, up to date; what is wrong with them.
Open `log_store` first: it has the methods of both, and chooses. `log_file` locks, reads and appends to the
file, beside which `log_copies` keeps copies; `log_table` does the same with a table, over `session`.
"""
