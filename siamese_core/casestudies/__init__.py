"""Three published attempts at Siamese networks, as they were and mended.

In: data of the same kind. Out: findings and a table of variants.
Open `catalogue` first; `published` has the original faults.
"""
