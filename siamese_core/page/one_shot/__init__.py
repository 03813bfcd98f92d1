"""The One-shot tab: a query, a support set, each encoder's ranking of the classes."""
