# SPDX-License-Identifier: Apache-2.0
"""``python -m gridflock`` is the program `gridflock`."""

from .cli import main

main(prog_name="gridflock")
