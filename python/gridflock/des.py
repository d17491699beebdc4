# SPDX-License-Identifier: Apache-2.0
"""The event kernel: callbacks, periodic tasks and processes on one clock.

>>> import gridflock as gf
>>> k = gf.des.Kernel(start="2024-07-15")
>>> def car(k, charger, name):
...     yield charger                       # a place, in order of arrival
...     yield "45 min"                      # also seconds, or a timedelta
...     charger.release()
...     print(name, "full after", k.now, "s")
>>> charger = k.resource(capacity=1)
>>> a = k.start(car(k, charger, "a"))
>>> b = k.start(car(k, charger, "b"))
>>> k.run()["events"]
a full after 2700.0 s
b full after 5400.0 s
5

Events fire in the order (time, priority, source, order of scheduling), equal in every run; time is
integer nanoseconds inside. A process is a generator; what it yields it waits for:

* a span of time: seconds, text such as ``"15 min"``, a ``timedelta``;
* a `Signal` (the value of ``fire(value)`` comes back), a `Process` (what it returned), a
  `Resource` (a place, to be given back by ``release()``);
* ``any_of(...)``: goes on with the first, its number comes back; ``all_of(...)``: with all.

Windows are half-open: ``run(until=t)`` fires what is due before ``t``, the clock then stands there.
"""

from __future__ import annotations

from . import _core
from .errors import Error

Event = _core.des.Event
Group = _core.des.Group
Kernel = _core.des.Kernel
Process = _core.des.Process
Resource = _core.des.Resource
Signal = _core.des.Signal
Task = _core.des.Task
all_of = _core.des.all_of
any_of = _core.des.any_of


class Interrupted(Exception):
    """Thrown into a process at its wait by ``Process.interrupt(reason)``."""


class NotCheckpointable(Error):
    """The kernel cannot be saved or forked now. `name`: the process or function that lives."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.args[0], self.name)


__all__ = [
    "Event",
    "Group",
    "Interrupted",
    "Kernel",
    "NotCheckpointable",
    "Process",
    "Resource",
    "Signal",
    "Task",
    "all_of",
    "any_of",
]
