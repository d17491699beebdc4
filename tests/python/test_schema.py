# SPDX-License-Identifier: Apache-2.0
"""The page on results files against a real file, both ways."""

import re
from pathlib import Path

import h5py
from gridflock import _core

PAGE = Path(__file__).parents[2] / "docs" / "results-schema.md"
COORDINATES = {"time", "world", "variant", "row"}


def described():
    """Names in back quotes, by group or table."""
    text = PAGE.read_text(encoding="utf-8")
    names = {}
    for match in re.finditer(r"^### (\w+):.*?\n(.*?)(?=^#)", text, re.M | re.S):
        names[match[1]] = set(re.findall(r"`(\w+)`", match[2]))
    for match in re.finditer(r"^\| `(\w+)` \| (.*) \|$", text, re.M):
        names.setdefault(match[1], set()).update(re.findall(r"`(\w+)`", match[2]))
    return names


def test_every_group_and_dataset_of_a_file_is_described(evening):
    names = described()
    with h5py.File(evening.path) as f:
        for group, members in f.items():
            if group == "inputs":
                continue
            unknown = set(members) - names[group] - COORDINATES - {"node", "device", "site"}
            assert not unknown, f"{group}: {unknown}"


def test_every_attribute_of_a_file_is_described(evening):
    text = PAGE.read_text(encoding="utf-8")
    assert [a for a in evening.attrs if f"`{a}`" not in text] == []


def test_every_variable_of_the_catalogue_is_described():
    names = described()
    for variable in _core.variables():
        group, _, name = variable["key"].partition(".")
        assert name in names[group], variable["key"]


def test_every_dataset_has_its_dimensions(evening):
    with h5py.File(evening.path) as f:
        for group in evening.groups:
            for name, dataset in f[group].items():
                if dataset.ndim > 1:
                    dims = [dataset.dims[i][0].name.split("/")[-1] for i in range(dataset.ndim)]
                    assert dims[:3] == ["time", "world", "variant"], f"{group}/{name}"
                    assert dataset.shape[0] == f[group]["time"].shape[0]
                    assert dataset.compression == "gzip" and dataset.shuffle
