# SPDX-License-Identifier: Apache-2.0
"""A circuit read once, solved once: what the module gives besides the numbers."""

import pickle

import gridflock as gf
import numpy as np
import pytest
from gridflock._data import data_file

FEEDER = data_file("feeders", "ieee13", "IEEE13Nodeckt.dss")


@pytest.fixture(scope="module")
def circuit():
    return gf.powerflow.read(FEEDER)


def test_a_circuit_names_its_parts_in_the_order_of_the_arrays(circuit):
    assert repr(circuit) == "Circuit('ieee13nodeckt': 16 buses, 41 nodes, 15 loads, 0 generators)"
    assert circuit.loads[:2] == ["load.671", "load.634a"]
    assert circuit.loads == circuit.elements and circuit.generators == []
    assert circuit.nodes[:3] == ["sourcebus.1", "sourcebus.2", "sourcebus.3"]
    assert "650" in circuit.buses and circuit.path == str(FEEDER)
    assert circuit.files[0] == str(FEEDER) and circuit.warnings == []


def test_each_element_says_how_it_was_read(circuit):
    by_name = {r.element: r for r in circuit.readings}
    load = by_name["load.671"]
    assert load.verdict == "exact" and load.file.endswith("IEEE13Nodeckt.dss") and load.line > 0
    assert set(circuit.loads) <= set(by_name)


def test_loads_are_negative_powers(circuit):
    at = circuit.elements.index("load.671")  # 1155 kW and 660 kvar in the script
    assert circuit.p_w[at] == -1155e3 and circuit.q_var[at] == -660e3
    assert circuit.node_base_v[0] == pytest.approx(115e3 / 3**0.5)


def test_solving_the_circuit_is_solving_its_file(circuit):
    of_file, of_circuit = gf.powerflow.solve(FEEDER), gf.powerflow.solve(circuit)
    assert of_file.converged and of_circuit.voltages == of_file.voltages
    skip = "seconds"
    assert {k: v for k, v in of_file.summary.items() if k != skip} == {
        k: v for k, v in of_circuit.summary.items() if k != skip
    }
    assert of_circuit.summary["seconds"]["parse"] == 0


def test_taps_of_a_table_are_read_with_the_circuit(circuit, tmp_path):
    (tmp_path / "taps.csv").write_text("transformer,winding,tap\nreg1,2,1.1\n")
    moved = gf.powerflow.read(FEEDER, taps=tmp_path / "taps.csv")
    taps = dict(taps=tmp_path / "taps.csv")
    assert gf.powerflow.solve(moved).voltages == gf.powerflow.solve(FEEDER, **taps).voltages
    assert gf.powerflow.solve(moved).voltages != gf.powerflow.solve(circuit).voltages
    with pytest.raises(gf.ScenarioError, match="read"):
        gf.powerflow.solve(circuit, **taps)


def test_a_circuit_pickles_as_its_path(circuit):
    again = pickle.loads(pickle.dumps(circuit))
    assert again.nodes == circuit.nodes and np.array_equal(again.p_w, circuit.p_w)


def test_bad_input_is_an_error_of_the_package(circuit, tmp_path):
    with pytest.raises(gf.IoError):
        gf.powerflow.read(tmp_path / "absent.dss")
    (tmp_path / "bad.dss").write_text("new circuit.x\nnew line.l bus1=a bus2=b length=long\n")
    with pytest.raises(gf.ScenarioError) as caught:
        gf.powerflow.read(tmp_path / "bad.dss")
    assert caught.value.faults[0].line == 2
    for tolerance in (0, -1, float("nan"), float("inf")):
        with pytest.raises(gf.ScenarioError):
            gf.powerflow.solve(circuit, tolerance=tolerance)
