"""The Review tab: every answer again, filtered; conflicts and contradictions; exports.

In: filters, and new answers to old pairs. Out: pages of answers; new rows of the log, which is only appended
to. Open `tab` first; `filters` checks what is asked for, `views` draws it.
"""
