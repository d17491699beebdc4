# SPDX-License-Identifier: Apache-2.0
"""A draw of the simulator can be made again with NumPy."""

import numpy as np
import pytest
from gridflock import _core


@pytest.mark.parametrize("seed", range(20))
def test_philox_gives_numpys_bits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    key = rng.integers(0, 2**64, size=2, dtype=np.uint64)
    counter = rng.integers(0, 2**63, size=4, dtype=np.uint64)
    want = np.random.Philox(key=key, counter=counter).random_raw(4)
    counter[0] += np.uint64(1)
    got = _core.philox4x64([int(c) for c in counter], [int(k) for k in key])
    assert [int(w) for w in want] == list(got)


def test_the_identity_of_an_entity_is_its_path() -> None:
    assert _core.stable_id("homes/1") == _core.stable_id("homes/1")
    assert _core.stable_id("homes/1") != _core.stable_id("homes/2")
