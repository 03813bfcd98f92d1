"""Repeat three published attempts at Siamese networks, as they were and mended.

In: data of the same kind as theirs. Out: findings, and a table with a row for each variant.
Open `catalogue` first: it lists the studies, a module each. `published` is their code with its faults;
`study` and `study_training` are what the studies share.
"""
