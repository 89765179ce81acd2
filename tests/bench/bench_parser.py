# SPDX-License-Identifier: ISC
"""Runs the parser benchmarks in turn and prints medians and ratios. Arguments: the programs."""
import os
import statistics
import subprocess
import sys

times = {}
for _ in range(7):
    for program in sys.argv[1:]:
        name = os.path.basename(program).replace("bench_parser_", "")
        times.setdefault(name, []).append(float(subprocess.check_output([program])))
ours = statistics.median(times["ours"])
print("one INVITE of 887 bytes or so, ns a parse (thread CPU, median of 7 runs), ratio to ours")
for name, values in times.items():
    print("  %-8s %8.0f  %6.2f" % (name, statistics.median(values), statistics.median(values) / ours))
