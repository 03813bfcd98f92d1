"""Any image file in, uint8 RGB (height, width, 3) out, kept under the hash of its pixels.

In: files and bytes. Out: decoded images, their ids, drawings brought to one size and polarity.
Open `decoding` first; `ink` tells drawings from photographs.
"""
