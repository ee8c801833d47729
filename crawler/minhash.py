"""MinHash signatures: rensa where it has a wheel, numpy elsewhere (40 times slower, other values, same accuracy)."""

import zlib
from collections.abc import Sequence

import numpy as np

try:
    from rensa import RMinHash
except ImportError:  # no wheel for this platform
    RMinHash = None

PERMUTATIONS = 126
SEED = 42


def signature_of(shingles: Sequence[str]) -> bytes:
    """126 values, uint32, little-endian; empty for no shingles."""
    if not shingles:
        return b""
    if RMinHash is None:
        return numpy_signature(shingles)
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update(list(shingles))
    return np.array(minhash.digest(), "<u4").tobytes()


def numpy_signature(shingles: Sequence[str]) -> bytes:
    """The same shape from multiply-and-shift hashing. Its values cannot be compared with rensa's."""
    random = np.random.default_rng(SEED)
    factors = random.integers(1, 1 << 62, PERMUTATIONS, dtype=np.uint64) | np.uint64(1)
    shifts = random.integers(0, 1 << 62, PERMUTATIONS, dtype=np.uint64)
    hashes = np.fromiter(
        (zlib.crc32(text.encode("utf-8", "replace")) for text in shingles), np.uint64, len(shingles)
    )
    slots = ((hashes[:, None] * factors + shifts) >> np.uint64(32)).min(axis=0)
    return bytes(slots.astype("<u4").tobytes())
