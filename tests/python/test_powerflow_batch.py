# SPDX-License-Identifier: Apache-2.0
"""Scenarios x time in one call: the same answers as one by one, whatever the arrays look like."""

import subprocess
import sys
import threading
import time

import gridflock as gf
import numpy as np
import pytest
from gridflock import _core
from gridflock._batch import Batch
from gridflock._data import data_file

FEEDER = data_file("feeders", "ieee13", "IEEE13Nodeckt.dss")
LARGE = data_file("feeders", "ieee123", "IEEE123Master.dss")
STEPS, SCENARIOS = 3, 5
CLOSE = 1e-8  # pu: what two orders of elimination leave on IEEE 13, whose switch has 1e-4 ohm


@pytest.fixture(scope="module")
def circuit():
    return gf.powerflow.read(FEEDER)


@pytest.fixture(scope="module")
def large():
    return gf.powerflow.read(LARGE)


def powers(circuit, steps=STEPS, scenarios=SCENARIOS, seed=1):
    """Nominal powers times random factors, [step, load, scenario]."""
    random = np.random.default_rng(seed)
    shape = (steps, len(circuit.loads), scenarios)
    nominal = slice(0, len(circuit.loads))
    p = circuit.p_w[nominal][None, :, None] * random.uniform(0.2, 1.3, shape)
    q = circuit.q_var[nominal][None, :, None] * random.uniform(0.2, 1.3, shape)
    return p, q


def beside_one_that_fails(circuit, step, scenario, **shape):
    """Powers with a device that draws more than any feeder can carry in one of them."""
    p, q = powers(circuit, **shape)
    device = np.zeros((p.shape[0], 1, p.shape[2]))
    q = np.concatenate([q, device], axis=1)
    device[step, 0, scenario] = -1e9
    node = circuit.buses[-1] + ".1"
    return np.concatenate([p, device], axis=1), q, [*circuit.loads, node]


def solved_script(tmp_path, feeder, lines):
    """Complex node voltages of the feeder with lines added to its script."""
    script = tmp_path / "moved.dss"
    script.write_text(f'redirect "{feeder}"\n' + "\n".join(lines) + "\n")
    result = gf.powerflow.solve(script, tolerance=1e-11)
    assert result.converged
    table = {
        f"{bus}.{node}": v * np.exp(1j * np.radians(a)) for bus, node, v, _, a in result.voltages
    }
    return table, result


def worst(data, step, scenario, table):
    """Largest |dV| in pu of base."""
    v = data.v.isel(step=step, scenario=scenario)
    return max(
        abs(complex(v.sel(node=name)) - table[name]) / float(v.sel(node=name).node_base_v)
        for name in data.node.values
    )


def same(a, b):
    """Whether two datasets hold the same bits."""
    assert set(a.data_vars) == set(b.data_vars)
    return all(np.array_equal(a[n].values, b[n].values, equal_nan=True) for n in a.data_vars)


# --- the same answers as one by one ---------------------------------------------------------------


@pytest.mark.parametrize("start", ["base", "previous"])
def test_each_step_is_what_the_script_with_these_loads_gives(circuit, tmp_path, start):
    p, q = powers(circuit)
    data = gf.powerflow.batch(circuit, p, q, output="voltages", tolerance=1e-10, start=start)
    assert (data.status == 0).all()
    for step, scenario in ((0, 0), (1, 3), (2, 4)):
        kw, kvar = -p[step, :, scenario] / 1e3, -q[step, :, scenario] / 1e3
        lines = [
            f"edit {name} kw={kw[i]:.17g} kvar={kvar[i]:.17g}"
            for i, name in enumerate(circuit.loads)
        ]
        table, result = solved_script(tmp_path, FEEDER, lines)
        assert worst(data, step, scenario, table) < CLOSE
        at = dict(step=step, scenario=scenario)
        assert float(data.p_kw[at]) == pytest.approx(result.summary["total_p_w"] / 1e3, rel=1e-7)
        assert float(data.loss_kw[at]) == pytest.approx(result.summary["losses_w"] / 1e3, rel=1e-6)


def test_multipliers_are_the_script_s_load_multiplier(circuit, tmp_path):
    data = gf.powerflow.batch(circuit, scale=[1.0, 0.4], output="voltages", tolerance=1e-10)
    table, _ = solved_script(tmp_path, FEEDER, ["set loadmult=0.4"])
    assert worst(data, 1, 0, table) < CLOSE
    table, _ = solved_script(tmp_path, FEEDER, [])
    assert worst(data, 0, 0, table) < CLOSE


def test_multipliers_by_group_reach_the_loads_of_the_group(circuit, tmp_path):
    big = ["671" if name == "load.671" else "rest" for name in circuit.loads]
    numbers = [0 if g == "671" else 1 for g in big]
    named = gf.powerflow.batch(
        circuit, scale={"671": [0.5], "rest": [[0.8, 0.9]]}, groups=big, output="voltages"
    )
    scale = np.array([[[0.5, 0.5], [0.8, 0.9]]])
    numbered = gf.powerflow.batch(circuit, scale=scale, groups=numbers, output="voltages")
    assert same(named, numbered)
    kw = -circuit.p_w / 1e3
    kvar = -circuit.q_var / 1e3
    lines = [
        f"edit {name} kw={f * kw[i]:.17g} kvar={f * kvar[i]:.17g}"
        for i, name in enumerate(circuit.loads)
        for f in [0.5 if name == "load.671" else 0.9]
    ]
    table, _ = solved_script(tmp_path, FEEDER, lines)
    assert worst(named, 0, 1, table) < 1e-7


def test_devices_at_nodes_inject_between_them(circuit, tmp_path):
    p = np.array([[[120e3], [-40e3]]])
    q = np.array([[[-30e3], [10e3]]])
    data = gf.powerflow.batch(
        circuit, p, q, elements=["680.1", "632.2.3"], output="voltages", tolerance=1e-10
    )
    device = "model=1 phases=1 vminpu=0.6 vmaxpu=1.4"
    lines = [
        f"new load.a bus1=680.1 kv=2.402 conn=wye kw=-120 kvar=30 {device}",
        f"new load.b bus1=632.2.3 kv=4.16 conn=delta kw=40 kvar=-10 {device}",
    ]
    table, _ = solved_script(tmp_path, FEEDER, lines)
    assert worst(data, 0, 0, table) < CLOSE


def test_a_generator_is_driven_by_its_name(tmp_path):
    line = "new generator.g bus1=680 phases=3 kv=4.16 model=1 vminpu=0.6 vmaxpu=1.4"
    script = tmp_path / "with.dss"
    script.write_text(f'redirect "{FEEDER}"\n{line} kw=10 kvar=1\n')
    circuit = gf.powerflow.read(script)
    assert circuit.generators == ["generator.g"] and circuit.p_w[-1] == 10e3
    data = gf.powerflow.batch(
        circuit,
        np.full((1, 1, 1), 300e3),
        elements="generator.g",
        output="voltages",
        tolerance=1e-10,
    )
    table, _ = solved_script(tmp_path, FEEDER, [line + " kw=300 kvar=1"])  # q None: as it was
    assert worst(data, 0, 0, table) < CLOSE


def test_loads_that_are_not_driven_keep_their_nominal_powers(circuit, tmp_path):
    data = gf.powerflow.batch(
        circuit, [[-100e3]], [[-20e3]], elements="load.671", output="voltages", tolerance=1e-10
    )
    table, _ = solved_script(tmp_path, FEEDER, ["edit load.671 kw=100 kvar=20"])
    assert worst(data, 0, 0, table) < CLOSE


# --- arrays as they are ---------------------------------------------------------------------------


def layouts(a):
    """The same numbers in other places of memory."""
    yield "fortran", np.asfortranarray(a)
    yield "scenario first", np.ascontiguousarray(a.transpose(2, 0, 1)).transpose(1, 2, 0)
    yield "backwards", np.ascontiguousarray(a[::-1, ::-1, ::-1])[::-1, ::-1, ::-1]
    wide = np.full((a.shape[0], 2 * a.shape[1], 3 * a.shape[2]), np.nan)
    wide[:, ::2, ::3] = a
    yield "every third", wide[:, ::2, ::3]
    fixed = a.copy()
    fixed.flags.writeable = False
    yield "read only", fixed


def test_no_layout_changes_a_bit_and_none_is_copied(circuit):
    p, q = powers(circuit)
    plain = gf.powerflow.batch(circuit, p, q, output=["voltages", "statistics"])
    for (name, p2), (_, q2) in zip(layouts(p), layouts(q), strict=True):
        work = Batch(
            circuit,
            dict(
                refine=False,
                dt=60,
                start="base",
                limits=(0, 2),
                tolerance=1e-8,
                max_iterations=9,
                threads=1,
                lanes=None,
                instructions=None,
            ),
        )
        work.drive(p2, q2, None)
        work._fit()
        assert np.shares_memory(work.arrays.p, p2) and np.shares_memory(work.arrays.q, q2), name
        moved = gf.powerflow.batch(circuit, p2, q2, output=["voltages", "statistics"])
        assert same(plain, moved), name


def test_what_repeats_may_have_a_stride_of_zero_or_a_length_of_one(circuit):
    p, q = powers(circuit, steps=4, scenarios=1)
    whole = gf.powerflow.batch(circuit, np.repeat(p, 6, axis=2), np.repeat(q[:1], 4, axis=0))
    view = np.broadcast_to(p, (4, p.shape[1], 6))
    assert view.strides[2] == 0
    assert same(whole, gf.powerflow.batch(circuit, view, q[:1]))
    assert same(whole, gf.powerflow.batch(circuit, p, np.repeat(q[:1], 6, axis=2)))


def test_two_dimensions_are_one_scenario(circuit):
    p, q = powers(circuit, scenarios=1)
    assert same(
        gf.powerflow.batch(circuit, p, q), gf.powerflow.batch(circuit, p[:, :, 0], q[:, :, 0])
    )


MEMORY = """
import resource, sys
import gridflock as gf, numpy as np
circuit = gf.powerflow.read(sys.argv[1])
shape = (1, len(circuit.loads), 40_000)
p = np.empty(shape); p[:] = circuit.p_w[None, :, None]
q = np.empty(shape); q[:] = circuit.q_var[None, :, None]
few = slice(0, 64)
gf.powerflow.batch(circuit, p[:, :, few], q[:, :, few], nodes="13.1")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
data = gf.powerflow.batch(circuit, p, q, nodes="13.1")
grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print(grown / (p.nbytes + q.nbytes), int(data.solved.sum()))
"""


def test_memory_does_not_grow_by_the_size_of_the_arrays():
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, LARGE], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    share, solved = map(float, done.stdout.split())
    assert solved == 40_000 and share < 0.5


# --- statistics -----------------------------------------------------------------------------------


def test_statistics_in_flight_are_those_of_the_whole_voltages(circuit):
    p, q = powers(circuit, steps=70, scenarios=9)
    data = gf.powerflow.batch(
        circuit,
        p,
        q,
        dt="15 min",
        limits=(0.97, 1.03),
        refine=True,
        output=["statistics", "voltages"],
    )
    pu = np.abs(data.v) / data.node_base_v
    np.testing.assert_allclose(data.v_pu, pu, rtol=1e-15)
    np.testing.assert_array_equal(data.v_pu_min, data.v_pu.min("step"))
    np.testing.assert_array_equal(data.v_pu_max, data.v_pu.max("step"))
    np.testing.assert_allclose(data.v_pu_mean, data.v_pu.mean("step"), rtol=0, atol=2**-32)
    np.testing.assert_array_equal(data.minutes_low, 15 * (data.v_pu < 0.97).sum("step"))
    np.testing.assert_array_equal(data.minutes_high, 15 * (data.v_pu > 1.03).sum("step"))
    assert data.minutes_low.sum() > 0 and data.minutes_high.sum() > 0
    np.testing.assert_allclose(data.energy_kwh, data.p_kw.sum("step") / 4, rtol=1e-12)
    np.testing.assert_allclose(data.losses_kwh, data.loss_kw.sum("step") / 4, rtol=1e-12)
    np.testing.assert_array_equal(data.peak_kw, data.p_kw.max("step"))
    assert (data.solved == 70).all() and (data.residual <= 1e-12).all()


def test_statistics_alone_are_those_with_voltages_and_of_some_nodes_those_of_all(circuit):
    p, q = powers(circuit)
    both = gf.powerflow.batch(circuit, p, q, output=["statistics", "magnitudes"])
    alone = gf.powerflow.batch(circuit, p, q)
    assert same(alone, both.drop_vars("v_pu"))
    some = gf.powerflow.batch(circuit, p, q, nodes=["680", "634.2"])
    assert list(some.node.values) == ["680.1", "680.2", "680.3", "634.2"]
    np.testing.assert_array_equal(some.v_pu_min, alone.v_pu_min.sel(node=some.node))
    np.testing.assert_array_equal(some.energy_kwh, alone.energy_kwh)


def test_every_variable_has_a_unit_that_pint_parses(circuit):
    import pint

    units = pint.UnitRegistry()
    units.define("var = W")
    data = gf.powerflow.batch(circuit, output=["statistics", "voltages"])
    for name in data.data_vars:
        units.parse_units(data[name].attrs["units"])
    assert data.attrs["step_s"] == 60 and data.attrs["lanes"] in (1, 8, 16, 32)


# --- the same bits --------------------------------------------------------------------------------


def sets():
    for name in ("portable", "avx2", "avx512"):
        try:
            gf.powerflow.batch(gf.powerflow.read(FEEDER), instructions=name)
        except gf.ScenarioError:
            continue
        yield name


@pytest.mark.parametrize("start", ["base", "previous"])
def test_threads_lanes_and_instructions_do_not_change_a_bit(large, start):
    p, q, elements = beside_one_that_fails(large, 2, 7, steps=5, scenarios=19)
    how = dict(elements=elements, output=["statistics", "voltages"], start=start)
    with pytest.warns(gf.LaneFailedWarning, match="of 95 power flows"):
        first = gf.powerflow.batch(large, p, q, threads=1, lanes=1, **how)
    assert int((first.status != 0).sum()) >= 1
    for change in (
        dict(threads=2),
        dict(lanes=8),
        dict(lanes=16, threads=2),
        dict(lanes=32),
        *(dict(instructions=name) for name in sets()),
    ):
        with pytest.warns(gf.LaneFailedWarning):
            assert same(first, gf.powerflow.batch(large, p, q, **change, **how)), change


def test_a_long_series_has_the_same_bits_however_its_steps_share_lanes_and_threads(large):
    p, q = powers(large, steps=1200, scenarios=1)
    first = gf.powerflow.batch(large, p, q, lanes=1)
    for change in (dict(), dict(lanes=8), dict(lanes=16, threads=2), dict(threads=2)):
        assert same(first, gf.powerflow.batch(large, p, q, **change)), change
    twice = gf.powerflow.batch(large, np.repeat(p, 9, axis=2), np.repeat(q, 9, axis=2), threads=2)
    assert same(first, twice.isel(scenario=slice(8, 9)))


def test_a_scenario_alone_has_the_bits_it_has_among_others(large):
    p, q = powers(large, steps=2, scenarios=20)
    among = gf.powerflow.batch(large, p, q, output="voltages")
    alone = gf.powerflow.batch(large, p[:, :, 11:12], q[:, :, 11:12], output="voltages")
    np.testing.assert_array_equal(among.v[:, :, 11:12], alone.v)


def test_a_power_flow_that_fails_is_named_and_left_out(circuit):
    p, q, elements = beside_one_that_fails(circuit, 1, 1, steps=3, scenarios=2)
    how = dict(elements=elements, output=["statistics", "voltages"])
    with pytest.warns(gf.LaneFailedWarning, match="1 of 6 power flows .* step 1, scenario 1"):
        data = gf.powerflow.batch(circuit, p, q, **how)
    assert np.isnan(data.p_kw[1, 1]) and np.isnan(data.loss_kw[1, 1])
    assert data.status.values.tolist() == [[0, 0], [0, 1], [0, 0]]
    assert data.solved.values.tolist() == [3, 2]
    assert np.isnan(data.v[1, :, 1]).all() and not np.isnan(data.v[:, :, 0]).any()
    good = data.v_pu.isel(step=[0, 2], scenario=1)
    np.testing.assert_array_equal(data.v_pu_min[:, 1], good.min("step"))
    np.testing.assert_allclose(data.v_pu_mean[:, 1], good.mean("step"), rtol=0, atol=2**-32)
    assert data.energy_kwh[1] == pytest.approx(float(data.p_kw[[0, 2], 1].sum()) / 60)


# --- a long run -----------------------------------------------------------------------------------

LONG = """
import signal, sys, threading, os
import gridflock as gf, numpy as np
circuit = gf.powerflow.read(sys.argv[1])
signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent may have had it ignored
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    gf.powerflow.batch(circuit, scale=np.ones((20_000_000, 1)), nodes="13.1", threads=2)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_stops_a_long_run():
    done = subprocess.run(
        [sys.executable, "-c", LONG, LARGE], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr  # to its end it would take longer than the timeout
    assert done.stdout == "interrupted\n"


def test_other_threads_go_on_meanwhile(large):
    beats, stop = [], threading.Event()

    def beat():
        while not stop.wait(0.001):
            beats.append(time.monotonic())

    thread = threading.Thread(target=beat)
    thread.start()
    begin = time.monotonic()
    gf.powerflow.batch(large, scale=np.ones((20_000, 1)), nodes="13.1")
    end = time.monotonic()
    stop.set()
    thread.join()
    inside = [t for t in beats if begin < t < end]
    assert len(inside) > 5  # none, were the interpreter locked


def test_progress_is_told_and_may_stop(large):
    seen = []
    gf.powerflow.batch(large, scale=np.ones((30_000, 1)), nodes="13.1", progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1 and len(seen) > 1

    def enough(share):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        gf.powerflow.batch(large, scale=np.ones((20_000_000, 1)), nodes="13.1", progress=enough)


# --- errors ---------------------------------------------------------------------------------------

ONE = np.zeros((1, 1, 1))


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (dict(p=np.zeros((1, 2, 1))), gf.ShapeError, "p: has 2 elements in dimension 1, .* 15"),
        (dict(p=np.zeros(15)), gf.ShapeError, r"p: has 1 dimensions.*\[step, element, scenario\]"),
        (dict(p=np.zeros((2, 15)), q=np.zeros((3, 15))), gf.ShapeError, "p has 2, q has 3 steps"),
        (dict(p=np.zeros((1, 15, 2)), scale=np.ones((1, 3))), gf.ShapeError, "2, scale has 3 sc"),
        (dict(p=np.zeros((0, 15))), gf.ShapeError, "p: has no steps"),
        (dict(p=np.zeros((1, 15), np.float32)), gf.ShapeError, r"float32.*astype\(numpy.float64\)"),
        (dict(p=np.zeros((1, 15), ">f8")), gf.ShapeError, "of type >f8"),
        (dict(p=np.zeros((1, 15), int)), gf.ShapeError, "of type int64"),
        (dict(p=[["a"] * 15]), gf.ShapeError, "could not convert"),
        (dict(elements="load.671"), gf.ShapeError, "need p or q"),
        (dict(p=ONE, elements="laod.671"), gf.ScenarioError, "did you mean 'load.671'"),
        (dict(p=ONE, elements="680.7"), gf.ScenarioError, "the bus has 680.1 680.2 680.3"),
        (dict(p=ONE, elements="680.1.1"), gf.ScenarioError, "680.1.1"),
        (dict(p=np.zeros((1, 2)), elements=["load.671", "Load.671"]), gf.ScenarioError, "once"),
        (dict(nodes="68O"), gf.ScenarioError, "did you mean '680'"),
        (dict(nodes=[]), gf.ShapeError, "nodes"),
        (dict(scale=np.ones((1, 2, 1))), gf.ShapeError, "2 groups"),
        (dict(scale=np.ones(1), groups=[0]), gf.ShapeError, "1 entries, the circuit 15 loads"),
        (dict(scale=np.ones((1, 1)), groups=[3] * 15), gf.ScenarioError, r"groups\[0\]"),
        (dict(scale={"a": [1]}, groups=["b"] * 15), gf.ScenarioError, "known: a"),
        (dict(scale={"a": [1]}), gf.ShapeError, "by name"),
        (dict(groups=[0] * 15), gf.ShapeError, "need scale"),
        (dict(dt="0 s"), gf.ScenarioError, "dt"),
        (dict(dt="soon"), gf.Error, "soon"),
        (dict(start="warm"), gf.ScenarioError, "base, previous"),
        (dict(limits=(1.05, 0.95)), gf.ScenarioError, "limits"),
        (dict(tolerance=0), gf.ScenarioError, "tolerance"),
        (dict(threads=0), gf.ScenarioError, "threads"),
        (dict(lanes=7), gf.ScenarioError, "1, 8, 16 or 32"),
        (dict(instructions="sse9"), gf.ScenarioError, "avx2"),
        (dict(output="voltage"), gf.ScenarioError, "statistics, voltages, magnitudes"),
    ],
)
def test_wrong_arguments_are_named(circuit, arguments, error, text):
    with pytest.raises(error, match=text):
        gf.powerflow.batch(circuit, **arguments)


@pytest.mark.parametrize("name", ["p", "q", "scale"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_that_is_not_finite_is_named_with_its_place(circuit, name, bad):
    arrays = {n: np.ones((3, 15 if n != "scale" else 1, 4)) for n in ("p", "q", "scale")}
    arrays[name][2, 0, 3] = bad
    with pytest.raises(gf.ScenarioError) as caught:
        gf.powerflow.batch(circuit, **arrays)
    assert caught.value.faults[0].path == f"{name}[2, 0, 3]"


def test_numbers_off_their_boundary_are_refused_not_copied(circuit):
    raw = np.zeros(15 * 9, np.uint8)
    packed = np.ndarray((1, 15), np.float64, raw.data, strides=(9 * 15, 9))
    with pytest.raises(gf.ShapeError, match="ascontiguousarray"):
        gf.powerflow.batch(circuit, packed)


def test_the_extension_module_checks_what_it_is_given(circuit):
    arrays, settings = _core.BatchArrays(), _core.BatchSettings()
    core = circuit._core
    arrays.p = arrays.q = np.zeros((2, 1, 1))
    with pytest.raises(gf.ShapeError):
        _core.batch(core, arrays, core.find_elements(["680.1"]), [], [], settings)
