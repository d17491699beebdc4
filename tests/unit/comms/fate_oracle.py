# SPDX-License-Identifier: Apache-2.0
"""Recomputes the numbers of link_model_test.cpp without gridflock: Python integers and `statistics`.

Philox4x64-10 after Salmon et al. 2011. Run: python3 fate_oracle.py
"""

import math
import statistics

M = 2**64 - 1
HOUR = 3600 * 10**9
CHANNEL = {"telemetry": 0, "command": 1}
LOSS, LOSS_STATE, POLLING = 7, 8, 9


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [(b >> 64) ^ c[1] ^ k[0], b & M, (a >> 64) ^ c[3] ^ k[1], a & M]
        k = [(k[0] + 0x9E3779B97F4A7C15) & M, (k[1] + 0xBB67AE8584CAA73B) & M]
    return c


def stable_id(path):
    h = 0xCBF29CE484222325
    for c in path.encode():
        h = ((h ^ c) * 0x100000001B3) & M
    h = ((h ^ (h >> 30)) * 0xBF58476D1CE4E5B9) & M
    h = ((h ^ (h >> 27)) * 0x94D049BB133111EB) & M
    return h ^ (h >> 31)


def unit(bits):
    return (bits >> 11) * 2.0**-53


def open_unit(bits):
    return ((bits >> 12) + 0.5) * 2.0**-52


SITE, KEY = stable_id("homes/3"), [42, 1]
MEDIAN, P95, P_GB, P_BG, LOSS_GOOD, LOSS_BAD = 0.03, 0.15, 0.05, 0.25, 0.02, 1.0
SIGMA = math.log(P95 / MEDIAN) / statistics.NormalDist().inv_cdf(0.95)
START = 1_721_001_600 * 10**9


def fates(channel, cadence, ticks, sent_to_leaves=lambda t: t):
    """[(tick, arrival ns or None)] of one message a tick."""
    draw, bad, hour, out = CHANNEL[channel], None, None, []
    for tick in ticks:
        block = philox([draw, tick, LOSS, SITE], KEY)
        if tick * cadence // HOUR != hour:
            hour = tick * cadence // HOUR
            share = P_GB / (P_GB + P_BG)
            bad = unit(philox([draw, hour, LOSS_STATE, SITE], KEY)[0]) < share
        else:
            u = unit(block[0])
            bad = not u < P_BG if bad else u < P_GB
        lost = unit(block[1]) < (LOSS_BAD if bad else LOSS_GOOD)
        z = statistics.NormalDist().inv_cdf(open_unit(block[2]))
        delay = round(MEDIAN * math.exp(SIGMA * z) * 1e9)
        out.append((tick, None if lost else sent_to_leaves(tick * cadence) + delay))
    return out


def main():
    minute = 60 * 10**9
    first = START // minute
    up = fates("telemetry", minute, range(first, first + 180))
    print("lost offsets:", [t - first for t, a in up if a is None])
    print("delay sum ns:", sum(a - t * minute for t, a in up if a is not None))
    print("delay of the first ns:", up[0][1] - up[0][0] * minute)

    block = philox([0, 0, POLLING, SITE], KEY)
    period = round((1.0 + 59.0 * open_unit(block[0])) * 1e9)
    phase = int(period * unit(block[1]))
    print("poll period, phase ns:", period, phase)
    five = 5 * minute
    first = START // five
    down = fates(
        "command",
        five,
        range(first, first + 24),
        lambda t: phase + -((t - phase) // -period) * period,
    )
    print("command lost offsets:", [t - first for t, a in down if a is None])
    print("command delay sum ns:", sum(a - t * five for t, a in down if a is not None))


if __name__ == "__main__":
    main()
