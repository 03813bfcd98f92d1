"""One reader of image files, the store of decoded images, and drawings told from photographs and normalised.

In: image files and bytes. Out: uint8 RGB (height, width, 3), their ids (a hash of the pixels), PNG files
under these ids, and drawings redrawn at one size, polarity and stroke width.
Open `decoding` first, then `store`, which keeps `local_files` or `shared_files`; `kinds` lists the files that
are read, `ink` finds drawings, and `ink_normalising` redraws them.
"""
