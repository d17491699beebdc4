# SPDX-License-Identifier: Apache-2.0
"""Peak shaving on a suburb of 300 homes: with and without, one day, the same weather and people."""

import sys
from pathlib import Path

import gridflock as gf

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

sc = gf.examples.suburb(feeder="ieee123", homes=300, pv=0.4, battery=0.2, seed=1)
sc.comms.loss = 0.02
sc.dispatch = gf.dispatch.PeakShaving(limit_kw=2800)
base = sc.replace(dispatch=None).run("1 day", step="1 min")
res = sc.run("1 day", step="1 min", out=out / "day.h5")
print(res.kpis(baseline=base))
print(res.node.v_pu.max("time").to_series().head())
res.plot.feeder(color="v_pu").figure.savefig(out / "feeder.png")
res.plot.dispatch().figure.savefig(out / "dispatch.png")
