"""Puts the page together and serves it: routes, guard, HTTP API, process."""
