"""What several tabs use: templates, formats, uploads, answers, the status line.

In: values from the tabs. Out: escaped markup, checked uploads, rows of the log.
Open `templates` first: it renders every template. No module here imports a tab.
"""
