# SPDX-License-Identifier: Apache-2.0
"""The event kernel in Python: callbacks, tasks, generators, and what it refuses."""

import doctest
import gc
import math
import pickle
import random
import weakref
from datetime import timedelta

import gridflock as gf
import pytest
from gridflock import des


def test_the_example_of_the_module_runs():
    result = doctest.testmod(des)
    assert result.attempted >= 7 and result.failed == 0


def test_callbacks_fire_in_order_and_can_be_cancelled():
    k = des.Kernel(start="2024-07-15")
    seen = []
    k.call_at(10, seen.append, "ten")
    k.call_after("5 s", seen.append, "five")
    k.call_after(timedelta(seconds=2.5), lambda: seen.append(k.now))
    dead = k.call_at("2024-07-15T00:00:07", seen.append, "seven")
    assert dead.pending
    assert dead.cancel() and not dead.cancel()
    out = k.run(until="2024-07-15T00:00:10")
    assert out == {"ended": "time", "reason": "", "events": 2}
    assert seen == [2.5, "five"]
    assert k.run() == {"ended": "empty", "reason": "", "events": 1}
    assert seen[-1] == "ten"
    assert k.now_ns == 1_721_001_610_000_000_000
    with pytest.raises(gf.Error, match="lies before now"):
        k.call_at(3, print)


def test_priority_then_source_then_order_of_scheduling_decide_ties():
    k = des.Kernel()
    seen = []
    k.on("log", lambda kernel, i: seen.append(i))
    k.at(1, "log", 3, priority=1)
    k.at(1, "log", 2, source=1)
    k.at(1, "log", 0)
    k.at(1, "log", 1)
    k.run()
    assert seen == [0, 1, 2, 3]


def test_periodic_tasks_keep_their_phase_until_cancelled():
    k = des.Kernel()
    seen = []

    def tick(kernel, what):
        seen.append((kernel.now, what))
        if len(seen) == 3:
            assert task.cancel()

    k.on("tick", tick)
    task = k.every("15 min", "tick", 7, first=5)
    assert task.active
    k.run()
    assert seen == [(5.0, 7), (905.0, 7), (1805.0, 7)]
    assert not task.active


def test_a_run_ends_by_budget_stop_or_window_and_goes_on():
    k = des.Kernel()
    k.on("tick", lambda kernel: kernel.stop("enough") if kernel.now == 50 else None)
    k.every(1, "tick")
    assert k.step()
    assert k.run(events=10)["ended"] == "budget"
    assert k.now == 11.0
    assert k.run(until=100) == {"ended": "stopped", "reason": "enough", "events": 39}
    assert k.run(until=100)["events"] == 49
    assert k.fired == 99
    timed = k.run(wall_s=0.02)
    assert timed["ended"] == "budget" and timed["events"] > 0


def test_processes_wait_for_time_signals_places_and_each_other():
    k = des.Kernel()
    seen = []
    storm, desk = k.signal(), k.resource(capacity=1)

    def repair(hours):
        warning = yield storm
        seen.append((k.now, warning))
        yield desk
        yield timedelta(hours=hours)
        desk.release()
        return f"{hours} h"

    def boss(crews):
        answers = []
        for crew in crews:
            answers.append((yield crew))
        seen.append((k.now, answers))

    crews = [k.start(repair(h), name=f"crew {h}") for h in (2, 1)]
    k.start(boss(crews))
    k.call_after(60, storm.fire, "wind")
    assert k.processes == 3
    k.run(until=61)
    assert desk.in_use == 1 and desk.queue_length == 1
    k.run()
    assert seen == [(60.0, "wind"), (60.0, "wind"), (60 + 3 * 3600.0, ["2 h", "1 h"])]
    assert crews[0].value == "2 h" and not crews[0].is_alive
    assert k.processes == 0 and desk.in_use == 0


def test_any_of_forgets_the_others_and_all_of_waits_for_all():
    k = des.Kernel()
    seen = []
    signal, full = k.signal(), k.resource()

    def first():
        seen.append((yield des.any_of("5 min", signal, 90)))
        seen.append((yield des.any_of(full, 10)))  # the only place
        seen.append((yield des.any_of(full, 10)))  # taken: gives up
        seen.append(full.queue_length)
        yield des.all_of(30, 20, signal)
        seen.append(k.now)

    k.start(first())
    k.call_after(200, signal.fire)
    k.run()
    assert seen == [2, 0, 1, 0, 200.0]
    assert k.now == 200.0 and k.pending == 0


def test_an_interrupt_is_thrown_at_the_wait_and_takes_its_timer_away():
    k = des.Kernel()
    seen = []

    def charge():
        try:
            yield "8 h"
        except des.Interrupted as e:
            seen.append((k.now, str(e)))
        yield 5
        seen.append(k.now)

    p = k.start(charge(), name="charging")
    k.run(until=3600)
    assert p.interrupt("peak price")
    k.run()
    assert seen == [(3600.0, "peak price"), 3605.0]
    assert not p.interrupt("too late")


def test_what_a_process_or_callback_raises_leaves_the_run():
    k = des.Kernel()

    def broken():
        yield 1
        raise KeyError("fuse")

    k.start(broken())
    k.call_at(2, lambda: 1 / 0)
    k.call_at(3, lambda: None)
    with pytest.raises(KeyError, match="fuse"):
        k.run()
    with pytest.raises(ZeroDivisionError):
        k.run()
    assert k.run()["events"] == 1
    assert k.processes == 0


@pytest.mark.parametrize("what", [None, object(), [1]])
def test_a_yield_of_something_else_says_what_it_was(what):
    k = des.Kernel()

    def wrong():
        yield what

    k.start(wrong())
    with pytest.raises(TypeError, match="a span of time is seconds"):
        k.run()


def test_misuse_is_refused():
    k = des.Kernel()
    with pytest.raises(TypeError, match="a process is a generator"):
        k.start(lambda: None)
    with pytest.raises(gf.Error, match="no function is registered as 'x'"):
        k.after(1, "x")
    k.on("x", print)
    with pytest.raises(gf.Error, match="already"):
        k.on("x", print)
    with pytest.raises(TypeError, match="at most three integers"):
        k.after(1, "x", 1, 2, 3, 4)
    with pytest.raises(gf.Error):
        k.resource(capacity=0)
    with pytest.raises(gf.Error, match="more often than taken"):
        k.resource().release()

    late = des.Kernel(start="2024-07-15")
    for call in (lambda: late.call_after(9e9, print), lambda: late.call_at(1e300, print)):
        with pytest.raises(gf.Error, match="2262|292 years"):
            call()

    def negative():
        yield -1.0

    k.start(negative())
    with pytest.raises(gf.Error, match="below zero"):
        k.run()


def hop(seen):
    def handler(kernel, i):
        seen.append((kernel.now, i))
        if i < 40:
            kernel.after((i * 7) % 5, "hop", i + 1)

    return handler


def planted(seen):
    k = des.Kernel(start="2024-07-15")
    k.on("hop", hop(seen))
    k.on("tick", lambda kernel, i: seen.append((kernel.now, -i)))
    return k


def test_saved_at_any_event_and_gone_on_with_a_run_is_the_straight_run():
    straight = []
    k = planted(straight)
    k.at(0, "hop", 0)
    k.every(3, "tick", 1)
    k.run(until=200)
    for cut in range(0, 100, 3):
        seen = []
        first = planted(seen)
        first.at(0, "hop", 0)
        first.every(3, "tick", 1)
        first.run(events=cut)
        second = planted(seen)
        second.load(first.save())
        assert second.now == first.now
        second.run(until=200)
        assert seen == straight


def test_a_fork_goes_its_own_way():
    k = des.Kernel()
    seen = []
    k.on("log", lambda kernel, i: seen.append((kernel is k, i)))
    k.at(1, "log", 1)
    other = k.fork()
    other.at(2, "log", 2)
    k.run()
    other.run()
    assert seen == [(True, 1), (False, 1), (False, 2)]


def test_what_cannot_be_saved_is_named():
    k = planted([])

    def night_charging():
        yield 5

    k.start(night_charging(), name="charging of homes/7")
    for action in (k.save, k.fork):
        with pytest.raises(des.NotCheckpointable) as e:
            action()
        assert e.value.name == "charging of homes/7"
        assert pickle.loads(pickle.dumps(e.value)).name == e.value.name
    k.run()
    k.call_after(1, night_charging)
    with pytest.raises(des.NotCheckpointable, match="night_charging"):
        k.save()
    k.run()
    with pytest.raises(gf.Error):
        des.Kernel().load(b"no kernel")
    with pytest.raises(gf.Error, match="no handler 'hop'"):
        des.Kernel().load(k.save())


def endless():
    """A kernel that its processes, callbacks and functions refer to; a signal they wait for."""
    k = des.Kernel()
    never = k.signal()

    def forever():
        while True:
            yield des.any_of(1, never)
            k.call_after(1000, forever)

    k.start(forever())
    k.on("named", lambda kernel: k)
    k.run(until=10)
    return weakref.ref(k), never


def test_a_kernel_with_endless_processes_is_collected():
    kernel, never = endless()
    gc.collect()
    assert kernel() is None
    with pytest.raises(gf.Error, match="gone"):
        never.fire()


def test_a_queue_of_processes_has_the_length_of_the_closed_form():
    # M/M/1, arrivals 1/2, services 1: L = 1; variance of a mean over t is 24 / t (Whitt 1989).
    k, draw, span = des.Kernel(), random.Random(5), 300_000.0
    server, state = k.resource(), {"n": 0, "area": 0.0, "last": 0.0}

    def count(change):
        state["area"] += state["n"] * (k.now - state["last"])
        state["last"] = k.now
        state["n"] += change

    def customer():
        count(+1)
        yield server
        yield draw.expovariate(1.0)
        server.release()
        count(-1)

    def arrivals():
        while True:
            yield draw.expovariate(0.5)
            k.start(customer())

    k.start(arrivals())
    k.run(until=span)
    count(0)
    assert abs(state["area"] / span - 1.0) < 4 * math.sqrt(24 / span)
