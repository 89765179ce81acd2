# SPDX-License-Identifier: ISC
"""What a verb costs a hook: from the start of offhookctl to its end, for a plain command, beside
/bin/true started the same way in the same run."""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from lab import BUILDDIR, Caller, Lab

ROUNDS = int(os.environ.get("OFFHOOK_ROUNDS", "300"))


def spawn(words, environment):
    """Milliseconds from the start to the end, and the exit status."""
    start = time.perf_counter()
    child = os.posix_spawn(words[0], words, environment)
    _, status = os.waitpid(child, 0)
    return (time.perf_counter() - start) * 1000, os.waitstatus_to_exitcode(status)


def measure(lab, call):
    environment = {"OFFHOOK_SOCKET": lab.path("control"), "OFFHOOK_CALL": call,
                   "PATH": "/usr/bin:/bin"}
    control = os.path.join(BUILDDIR, "offhookctl")
    rows = {"/bin/true": ["/bin/true"], "offhookctl log": [control, "log", "warning"],
            "offhookctl status": [control, "status", "--json"]}
    times = {name: [] for name in rows}
    quiet = os.open("/dev/null", os.O_WRONLY)
    os.dup2(quiet, 1)
    for _ in range(ROUNDS):
        for name, words in rows.items():
            took, status = spawn(words, environment)
            if status:
                raise AssertionError("%s ended with %d" % (name, status))
            times[name].append(took)
    return times


with Lab() as lab:
    lab.start_kamailio()
    lab.hook("incoming", "echo answer /bin/cat")
    lab.start_daemon("-o", "log.level=warning", scheme="sip")
    caller = Caller(lab)
    caller.invite()
    shown = os.dup(1)
    times = measure(lab, lab.ask("calls")["calls"][0]["call"])
    os.dup2(shown, 1)
    base = statistics.median(times["/bin/true"])
    print("a verb, from start to end (%d rounds, in turn)" % ROUNDS)
    for name, row in times.items():
        row.sort()
        print("  %-18s median %6.2f ms, 95%% %6.2f ms, %4.1f times /bin/true" %
              (name, statistics.median(row), row[int(len(row) * 0.95)],
               statistics.median(row) / base))
    caller.bye()
    caller.close()
