"""Chained content ids: what a row is called follows from what it was made of.

The same bytes, settings and model give the same id on every machine, so resuming is a set
difference and nothing is ever counted twice.
"""

import hashlib

_DIGEST_BYTES = 16


def content_id(kind: str, *parts: str | bytes) -> str:
    """Name something after its kind and the parts it was made of.

    Returns 32 hexadecimal digits (BLAKE2b, 128 bits). Parts are length-prefixed, so that
    ``("ab", "c")`` and ``("a", "bc")`` differ.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES, person=kind.encode()[:16])
    for part in parts:
        encoded = part.encode() if isinstance(part, str) else part
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()
