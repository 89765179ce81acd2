# SPDX-License-Identifier: ISC
"""What is measured of a fault, and the law that attempts are held against (RFC 5626 4.5)."""
import collections

BASE = 1.0                # registration.retry: stands for the RFC's 30 s
QUICK = BASE / 10         # the first attempt after a good flow: 0 to 3 s
LIMIT = BASE * 60         # 30 minutes
CONNECT = 15.0            # an attempt that nobody answers is given up after that
EARLY = 0.005             # times are whole milliseconds in the daemon
LATE = 6.0                # of a busy machine, and a DNS lookup


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


class Fault:
    """What happened to all lines in all rounds."""

    def __init__(self, name):
        self.name, self.count, self.recovered = name, 0, 0
        self.detected, self.again = [], []
        self.violations = collections.Counter()
        self.details = []

    def violate(self, kind, detail):
        self.violations[kind] += 1
        self.details.append("%s: %s" % (kind, detail))

    def row(self):
        figures = ["%6.2f" % percentile(values, part) if values else "     -"
                   for values in (self.detected, self.again) for part in (0.5, 0.99, 1)]
        return "%-34s %5d %5d   %s   %s" % (
            self.name, self.count, self.recovered, " ".join(figures),
            ", ".join("%d %s" % (n, kind) for kind, n in self.violations.items()) or "0")


HEAD = "%-34s %5s %5s   %-20s   %-20s   %s" % ("fault", "count", "again", "detected p50 p99 max",
                                               "again after p50 p99 max", "violations")


def bounds(number):
    """Of the wait before attempt `number` (1: the first one after the loss)."""
    if number == 1:
        return 0.0, QUICK
    upper = min(LIMIT, BASE * 2 ** (number - 1))
    return upper / 2, upper


def hold_against_law(fault, who, lost_at, attempts):
    """Attempts after the loss of a good flow, one server: each wait lies within its bounds. When the
    flow was lost is known from a watcher, which may be told late; the rest is the kernel's time."""
    before = lost_at
    for number, attempt in enumerate(attempts, 1):
        least, most = bounds(number)
        wait = attempt.at - before
        tried = CONNECT if number > 1 and not attempts[number - 2].ended_at else 0.0
        if number > 1 and wait < least - EARLY:
            fault.violate("too early", "%s: attempt %d after %.3f s, not %.1f" % (who, number, wait, least))
        if wait > most + tried + LATE:
            fault.violate("too late", "%s: attempt %d after %.3f s, not %.1f" % (who, number, wait, most))
        before = attempt.at


def hold_in_flight(fault, who, attempts):
    """A next attempt begins only when the one before it is over."""
    for before, attempt in zip(attempts, attempts[1:]):
        is_over = before.ended_at and before.ended_at <= attempt.at + EARLY
        is_given_up = not before.answered_at and attempt.at - before.at >= CONNECT - EARLY
        if not is_over and not is_given_up:
            fault.violate("in flight", "%s: two attempts, %.3f s apart" % (who, attempt.at - before.at))
