"""Build the page with its HTTP endpoints and serve it.

In: an opened workspace, an address. Out: a server with the page, the HTTP contract and its own routes.
Open `server` first; `guard` is what every request must pass, `api` the endpoints: `contract` has what they
take and answer, `reference` shows it. `agents` gives tools over MCP, `login` asks who is there.
"""
