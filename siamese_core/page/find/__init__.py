"""The Find tab: one image against the pool, many answers at once; the groups of the pool.

In: a query, marks on the images that were found. Out: grids of images, rows of the log.
Open `tab` first; `galleries` holds what is searched, `ranked` searches it, `pool_groups` groups the pool.
"""
