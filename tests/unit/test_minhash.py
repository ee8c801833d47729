"""Signatures estimate how much two texts share, with rensa and without it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from crawler.minhash import PERMUTATIONS, numpy_signature, signature_of

FIRST = [f"lauf {number}" for number in range(300)]
HALF_SHARED = [f"lauf {number}" for number in range(100, 400)]  # Jaccard 0.5


def likeness(one: bytes, other: bytes) -> float:
    return float((np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")).mean())


@pytest.mark.parametrize("sign", [signature_of, numpy_signature])
def test_half_of_the_slots_agree_when_half_is_shared(sign: Callable[[Sequence[str]], bytes]) -> None:
    assert likeness(sign(FIRST), sign(HALF_SHARED)) == pytest.approx(0.5, abs=0.13)
    assert likeness(sign(FIRST), sign(FIRST[::-1])) == 1.0
    assert len(sign(FIRST)) == 4 * PERMUTATIONS


def test_a_signature_is_the_same_in_every_process_and_on_every_machine() -> None:
    assert np.frombuffer(signature_of(["der rat hat", "rat hat am"]), "<u4")[:3].tolist() == GOLDEN


def test_nothing_has_no_signature() -> None:
    assert signature_of([]) == b""


GOLDEN = [3425323502, 3595922255, 3886058437]  # a change makes every stored fingerprint worthless
