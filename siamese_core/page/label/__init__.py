"""The Label tab: the pool, the pair on screen, how the labelling stands."""
