"""Ask everybody who calls for a login, a session or a token, before anything else answers.

In: requests and the accounts of a file. Out: requests that carry a `Caller`; else a login page or a refusal.
Open `gate` first, the middleware; `entrance` decides who is let in, `pages` has the forms.
"""
