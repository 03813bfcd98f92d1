"""Build the page with its HTTP endpoints and serve it.

In: an opened workspace, an address. Out: a server with the page, the HTTP contract and its own routes.
Open `server` first; `guard` is what every request must pass, `api` the contract, `routes` files and health.
"""
