# SPDX-License-Identifier: Apache-2.0
"""A strategy of one's own: what is above the limit is shared by what each unit can give."""

import gridflock as gf


class Proportional(gf.Strategy):
    def decide(self, obs, out):  # arrays [device, lane]: what was received, with its age
        need_kw = (obs.head_p_kw + obs.p_kw.sum(axis=0) - self.limit_kw).clip(0)
        share = obs.p_max_kw / obs.p_max_kw.sum(axis=0).clip(1e-9)
        out.p_kw[:] = (share * need_kw).clip(obs.p_min_kw, obs.p_max_kw)


sc = gf.examples.suburb(homes=300, pv=0.4, battery=0.2, seed=1)
sc.dispatch = Proportional(limit_kw=2800)
with_it = sc.run("1 day", step="1 min")
without = sc.replace(dispatch=None).run("1 day", step="1 min")
print(with_it.kpis(baseline=without))
