# SPDX-License-Identifier: Apache-2.0
"""The cases by name."""

from . import eu_lv, pgm_grid, years

BATCHES = {
    "pgm-grid": pgm_grid.build,
    "eu-lv": eu_lv.build,
    "ieee123-year": years.ieee123,
    "ieee8500-year": years.ieee8500,
    "ckt5": years.ckt5,
    "ckt7": years.ckt7,
}
NAMES = [*BATCHES, "first-answer"]
