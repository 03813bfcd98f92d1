"""Random damage to valid files: what disks, networks, editors and attackers do to them."""

import numpy as np

LENGTHS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Return the content with one to four random changes."""
    for _ in range(rng.integers(1, 5)):
        change = CHANGES[rng.integers(len(CHANGES))]
        content = change(bytearray(content), rng)
    return content


def _place(content: bytearray, rng: np.random.Generator) -> int:
    # headers are where most of the meaning is
    end = max(1, len(content))
    return int(rng.integers(min(end, 128) if rng.random() < 0.5 else end))


def flip_bits(content: bytearray, rng: np.random.Generator) -> bytes:
    for _ in range(rng.integers(1, 9)):
        if content:
            content[_place(content, rng)] ^= 1 << int(rng.integers(8))
    return bytes(content)


def overwrite(content: bytearray, rng: np.random.Generator) -> bytes:
    at, count = _place(content, rng), int(rng.integers(1, 40))
    content[at : at + count] = rng.bytes(count)
    return bytes(content)


def odd_number(content: bytearray, rng: np.random.Generator) -> bytes:
    at, size = _place(content, rng), int(rng.choice([1, 2, 4]))
    number = int(rng.choice(LENGTHS)) & (256**size - 1)
    content[at : at + size] = number.to_bytes(size, str(rng.choice(["little", "big"])))
    return bytes(content)


def cut(content: bytearray, rng: np.random.Generator) -> bytes:
    return bytes(content[: _place(content, rng)])


def lose(content: bytearray, rng: np.random.Generator) -> bytes:
    at = _place(content, rng)
    del content[at : at + int(rng.integers(1, 64))]
    return bytes(content)


def insert(content: bytearray, rng: np.random.Generator) -> bytes:
    at = _place(content, rng)
    content[at:at] = rng.bytes(int(rng.integers(1, 64)))
    return bytes(content)


def repeat(content: bytearray, rng: np.random.Generator) -> bytes:
    at, count = _place(content, rng), int(rng.integers(1, 400))
    content[at:at] = content[at : at + count]
    return bytes(content)


def odd_text(content: bytearray, rng: np.random.Generator) -> bytes:
    words = [b'"', b"\r", b"\n", b"\0", b",", b";", b"\t", b"\xff\xfe", b"\xef\xbb\xbf", b"=1+1", b"\xe9"]
    at = _place(content, rng)
    content[at:at] = words[rng.integers(len(words))] * int(rng.integers(1, 4))
    return bytes(content)


CHANGES = (flip_bits, overwrite, odd_number, cut, lose, insert, repeat, odd_text)
