# SPDX-License-Identifier: ISC
"""Clocks that jump, machines that sleep, daemons that are stopped: a line for each, all at once. The
clocks are changed by other_clock, beneath the daemon; nothing of it is preloaded, no clock is set."""
import os
import signal
import threading
import time

from measure import Fault, hold_against_law, hold_in_flight
from world import A, Line, World, run, wait_for
from lab import BUILDDIR

FIRST_PORT = 5300
EXPIRES = 10        # refreshed after 50 to 90 % of that
REFRESH = (0.5 * EXPIRES, 0.9 * EXPIRES)
EARLY, LATE = 0.99, 4.0
PATIENCE = 60.0
AWAKE = 3.5         # registered again so soon after waking up
PONG = 10.0
HOUR, DAY = 3600, 86400
NAME = "clock.example"
CASES = []


class Clock:
    """A line with clocks of its own."""

    def __init__(self, world: World, number, fact, function):
        self.world, self.fact, self.function = world, fact, function
        self.user, self.port = "clock%d" % number, FIRST_PORT + number
        self.offsets = [0, 0]
        self.line = None
        self.failure = None
        self.again = None
        self.fault = Fault(fact)

    def start(self, expires=EXPIRES, keepalive=1, is_own=True):
        self.path = self.world.lab.write(self.user + ".clock", "0 0\n")
        wrapper = (os.path.join(BUILDDIR, "tests/resilience/other_clock"), self.path) if is_own else ()
        self.line = Line(self.world, self.user, "%s:%d" % (NAME, self.port), self.port, expires=expires,
                         keepalive=keepalive, wrapper=wrapper)
        wait_for("the registration", lambda: self.line.saved, PATIENCE)

    def jump(self, wall, boot=0):
        self.offsets[0] += wall
        self.offsets[1] += boot
        with open(self.path + "~", "w", encoding="ascii") as file:
            file.write("%d %d\n" % tuple(self.offsets))
        since = time.time()
        os.rename(self.path + "~", self.path)
        return since

    def check_refreshes(self, since, count=3):
        """They come as before, over the same connection, and the status tells the time of the day."""
        wait_for("%d refreshes" % count, lambda: len(self.line.saved_since(since)) >= count, PATIENCE)
        times = [one.at for one in self.line.saved]
        for before, at in zip(times, times[1:]):
            if not REFRESH[0] * EARLY <= at - before <= REFRESH[1] + LATE:
                raise AssertionError("refreshed after %.2f s of %d s" % (at - before, EXPIRES))
        attempts = self.world.sniffer.since(self.port, 0)
        if len(attempts) != 1 or self.line.offline_since(0):
            raise AssertionError("%d connections, events %s" % (len(attempts), self.line.events))
        until = self.line.ask("status")[0]["registered_until"]
        left = time_of(until) - (time.time() + self.offsets[0])
        if not -2 <= left <= EXPIRES + 2:
            raise AssertionError("registered until %s, %.0f s from now" % (until, left))

    def wait_again(self, since, within):
        self.again = wait_for("a REGISTER", lambda: next(iter(self.line.saved_since(since)), None),
                              PATIENCE).at - since
        if self.again > within:
            raise AssertionError("registered again after %.2f s" % self.again)

    def lose_server(self):
        wait_for("a stable flow", lambda: time.time() - self.line.saved[0].at > 2.2, 30)
        self.world.fault("add", "dead", A, self.port)
        lost_at = time.time()
        self.world.reset(self.line)
        wait_for("offline", lambda: self.line.offline_since(lost_at), 30)
        return lost_at

    def hold(self, lost_at, attempts):
        hold_against_law(self.fault, self.user, lost_at, attempts)
        hold_in_flight(self.fault, self.user, attempts)
        if self.fault.details:
            raise AssertionError("; ".join(self.fault.details))

    def run(self):
        try:
            self.function(self)
            if self.world.bindings()[self.user] != 1:
                raise AssertionError("%d bindings" % self.world.bindings()[self.user])
        except Exception as error:  # pylint: disable=broad-except
            self.failure = "%s %s" % (type(error).__name__, error)
        if self.line:
            self.line.stop()


def time_of(said):
    """Of the control socket: seconds since 1970."""
    return float(said) if not isinstance(said, str) else time.mktime(
        time.strptime(said[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone


def case(fact):
    def keep(function):
        CASES.append((fact, function))
        return function
    return keep


def changes_network(function):
    """Its turn comes after the others': whoever waits to try again does so at once then."""
    function.changes_network = True
    return function


def is_set(fact, *jumps):
    """The wall clock is set while the line is registered: nothing happens."""
    def play(c):
        c.start()
        for jump in jumps:
            since = c.jump(jump() if callable(jump) else jump)
        c.check_refreshes(since)
    CASES.append(("the wall clock: " + fact, play))


is_set("+1 h", HOUR)
is_set("-1 h", -HOUR)
is_set("+1 day", DAY)
is_set("-1 day", -DAY)
is_set("1970", lambda: 1000 - int(time.time()))
is_set("2038, a second before 32 bits are full", lambda: 2 ** 31 - 1 - int(time.time()))
is_set("2106", lambda: 2 ** 32 - 1 - int(time.time()))
is_set("+1 day and back at once", DAY, -DAY)


def is_set_while_waiting(fact, jump):
    def play(c):
        c.start()
        lost_at = c.lose_server()
        wait_for("two attempts", lambda: len(c.world.sniffer.since(c.port, lost_at)) >= 2, 30)
        c.jump(jump)
        wait_for("two more", lambda: len(c.world.sniffer.since(c.port, lost_at)) >= 4, PATIENCE)
        c.hold(lost_at, c.world.sniffer.since(c.port, lost_at)[:4])
        since = time.time()
        c.world.fault("delete", "dead", A, c.port)
        c.wait_again(since, PATIENCE)
    CASES.append(("the wall clock while the line waits to try again: " + fact, play))


is_set_while_waiting("-1 h", -HOUR)
is_set_while_waiting("+1 day", DAY)


def wake_up(c, seconds):
    """A machine that wakes up brings its links up: others are told of the sleep by that."""
    since = c.jump(seconds, seconds)
    run("ip", "addr", "add", "10.99.%d.1/32" % (c.port - FIRST_PORT), "dev", "lo")
    return since


@case("asleep for an hour: the binding is renewed at once")
def _(c):
    c.start(expires=HOUR)
    c.wait_again(c.jump(HOUR, HOUR), AWAKE)


@case("asleep for an hour, keep-alives are rare: the same")
@changes_network
def _(c):
    c.start(expires=HOUR, keepalive=100)
    c.wait_again(wake_up(c, HOUR), AWAKE)


@case("asleep for an hour, the connection has died: found out by a ping")
@changes_network
def _(c):
    c.start(expires=HOUR, keepalive=100)
    wait_for("a stable flow", lambda: time.time() - c.line.saved[0].at > 2.2, 30)
    c.world.cut(c.line)
    c.wait_again(wake_up(c, HOUR), PONG + AWAKE + 2)


@case("asleep for an hour while it waits to try again: it tries at once")
@changes_network
def _(c):
    c.start(expires=HOUR)
    lost_at = c.lose_server()
    wait_for("five attempts", lambda: len(c.world.sniffer.since(c.port, lost_at)) >= 5, PATIENCE)
    c.world.fault("delete", "dead", A, c.port)
    c.wait_again(wake_up(c, HOUR), AWAKE)


def stopped(c):
    since = time.time()
    c.line.process.send_signal(signal.SIGSTOP)
    time.sleep(1 + PONG + 2)
    c.line.process.send_signal(signal.SIGCONT)
    return since, time.time()


@case("stopped for 13 s: the binding is renewed at once, over the same connection")
def _(c):
    c.start(is_own=False)
    since, on_at = stopped(c)
    c.wait_again(since, on_at - since + AWAKE)
    if len(c.world.sniffer.since(c.port, 0)) != 1:
        raise AssertionError("a second connection")
    c.again -= on_at - since


@case("stopped for 13 s, the connection is reset meanwhile: a new one at once")
def _(c):
    c.start(is_own=False)
    wait_for("a stable flow", lambda: time.time() - c.line.saved[0].at > 2.2, 30)
    threading.Timer(2, c.world.reset, (c.line,)).start()
    since, on_at = stopped(c)
    c.wait_again(since, on_at - since + AWAKE)
    c.again -= on_at - since


PORTS = [FIRST_PORT + number for number in range(len(CASES))]


def run_clocks(world, tally):
    world.zone(NAME, ["%s A %s" % (NAME, A)])
    clocks = [Clock(world, number, *one) for number, one in enumerate(CASES)]
    for changes in (False, True):
        threads = [threading.Thread(target=one.run) for one in clocks
                   if hasattr(one.function, "changes_network") == changes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    world.heal()
    for one in clocks:
        tally.check("clock: " + one.fact, one.failure is None,
                    one.failure or (one.again is not None and "%.2f s" % one.again) or "")
