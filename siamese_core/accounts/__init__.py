"""Know who may use the workbench, and note what they did.

In: names, passwords, tokens, addresses. Out: accounts with a role, sessions, waits, lines of the audit log.
Stores only: HTTP is in `page/serving/login`, the commands are in `cli/commands`. Open `account_file` first;
`roles` says what a role may do.
"""
