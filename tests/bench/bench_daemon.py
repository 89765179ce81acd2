# SPDX-License-Identifier: ISC
"""What the daemon costs: start to registered, idle memory, INVITE to 200, CPU per call. The peers'
figures on machines like CI's are in brackets (baresip 4.10, pjsua): start 22, 143 ms; idle RSS 8,912,
47,152 KiB; setup p50 42, 42 ms; CPU per call at 20/s 2.8, 2.35 ms (signalling)."""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from lab import Caller, Lab, wait_for

CALLS = 100


def memory(pid):
    figures = {}
    with open("/proc/%d/smaps_rollup" % pid) as file:
        for line in file:
            words = line.split()
            figures[words[0].rstrip(":")] = int(words[1]) if words[1].isdigit() else 0
    return figures["Rss"], figures["Pss"], figures["Private_Clean"] + figures["Private_Dirty"]


def cpu_ms(pid):
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000.0 / os.sysconf("SC_CLK_TCK")


with Lab() as lab:
    lab.start_kamailio()
    start = time.monotonic()
    lab.start_daemon("-o", "log.level=warning", wait=False, incoming="answer /bin/cat")
    wait_for("registration", lab.is_online, 10, 0.001)
    print("start to registered over TLS     %7.1f ms   (22, 143)" % ((time.monotonic() - start) * 1000))
    time.sleep(1)
    print("idle RSS, PSS, private        %s KiB   (8,912, 47,152 RSS)" % (memory(lab.daemon.pid),))
    times = []
    before = cpu_ms(lab.daemon.pid)
    for _ in range(CALLS):
        caller = Caller(lab)
        began = time.monotonic()
        final, _ = caller.invite()
        times.append((time.monotonic() - began) * 1000)
        assert final == 200
        caller.bye()
        caller.close()
    spent = cpu_ms(lab.daemon.pid) - before
    print("INVITE to 200 through the proxy, p50 %5.2f ms, p99 %5.2f ms   (42, 42)"
          % (statistics.median(times), sorted(times)[int(CALLS * 0.99) - 1]))
    print("CPU of the daemon per call       %7.2f ms   (2.8, 2.35; ours starts a program too)"
          % (spent / CALLS))
    lab.stop_daemon()
