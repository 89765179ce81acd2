# SPDX-License-Identifier: ISC
"""Many calls, ten at a time: ring, answer with echo, 200 ms of audio compared, BYE. No failure, no
growth of descriptors, no zombie, resident memory flat after the first 100."""
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import ENOUGH, LATE_MS, Caller, Lab, Tally, is_instrumented, tone, wait_for

CALLS = int(os.environ.get("OFFHOOK_CALLS", "300"))
AT_ONCE = int(os.environ.get("OFFHOOK_AT_ONCE", "10"))
tally = Tally()
VOICES = [tone(0.2, seed) for seed in range(50)]
lock = threading.Lock()
shares = []
failures = []
done = [0]
samples = {}


def memory_kib(pid):
    with open("/proc/%d/status" % pid) as file:
        for line in file:
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    return 0


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def one_call(lab, number):
    caller = Caller(lab, user="49%d" % number)
    try:
        final, statuses = caller.invite(seconds=15)
        if final != 200:
            return "answered %s" % statuses
        waited = lab.stood_still_ms()
        share = caller.echo(VOICES[number % len(VOICES)], 0.3)
        waited = lab.stood_still_ms() - waited
        with lock:
            shares.append((share, waited >= LATE_MS))
        # Where the machine stood still the most that can be said is that it is the echo.
        fault = None if share >= (ENOUGH if waited < LATE_MS else 0.4) else \
            "echo %.2f, the machine %d ms late" % (share, waited)
        status = caller.bye()
        return fault or (None if status == 200 else "BYE answered %s" % status)
    finally:
        caller.close()


def work(lab, pid):
    while True:
        with lock:
            if done[0] >= CALLS:
                return
            done[0] += 1
            number = done[0]
        fault = one_call(lab, number)
        with lock:
            if fault:
                failures.append("call %d: %s" % (number, fault))
            if number in (100, 200, CALLS // 2, CALLS):
                samples[number] = (memory_kib(pid), descriptors(pid))


def calls_beside_taken_ports(lab):
    """Somebody else has half of the ports, in a row."""
    taken = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(500)]
    for i, one in enumerate(taken):
        one.bind(("0.0.0.0", 30000 + 2 * i))
    lab.start_daemon("-o", "log.level=info", "-o", "audio.ports=30000-31999")
    refused = []
    for number in range(30):
        caller = Caller(lab, user="48%d" % number)
        final, statuses = caller.invite(seconds=15)
        if final == 200:
            caller.bye()
        else:
            refused.append(statuses)
        caller.close()
    tally.check("no call is refused while half of the media ports are free", not refused, refused)
    for one in taken:
        one.close()
    lab.stop_daemon()


with Lab() as lab:
    lab.hook("incoming", "echo ring; echo answer /bin/cat")
    lab.start_kamailio()
    lab.start_daemon("-o", "log.level=info")
    pid = lab.daemon.pid
    at_rest = descriptors(pid)
    start = time.monotonic()
    threads = [threading.Thread(target=work, args=(lab, pid)) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - start
    tally.check("%d calls, %d at a time, none failed" % (CALLS, AT_ONCE), not failures,
                failures[:5] or "%.1f calls/s" % (CALLS / seconds))
    mean = sum(share for share, _ in shares) / max(1, len(shares))
    is_late = any(one for _, one in shares)
    tally.check("nearly all of what was said is heard", mean >= (ENOUGH if is_late else 0.97),
                "%.4f" % mean)
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0, 10)
    wait_for("no hooks", lambda: lab.ask("status")["hooks_alive"] == 0, 10)
    wait_for("descriptors as at rest", lambda: descriptors(pid) <= at_rest + 1, 10)
    tally.check("no descriptor is left over", descriptors(pid) <= at_rest + 1,
                "%d, %d at rest" % (descriptors(pid), at_rest))
    last = memory_kib(pid)
    first = samples.get(100, (last, 0))[0]
    tally.check("resident memory is flat after the first 100 calls",
                last - first <= 512 or is_instrumented(),
                "%d KiB after 100, %d KiB after %d: %s" % (first, last, CALLS, samples))
    children = os.popen("ps -o stat= --ppid %d" % pid).read().split()
    tally.check("no zombie", not children, children)
    tally.check("no call folder is left", not os.listdir(lab.path("state/calls")))
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
    calls_beside_taken_ports(lab)
tally.end()
