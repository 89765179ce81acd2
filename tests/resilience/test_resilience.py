# SPDX-License-Identifier: ISC
"""Faults of the network, counted: twenty lines at a real registrar (Kamailio over TLS) and a real DNS
server (unbound) at the other end of a cable. Prints a table: fault, count, registered again, detected
in, registered again in, violations: bindings too many, REGISTERs too many, attempts that the registrar
saw earlier (later) than the law of RFC 5626 4.5 allows, two attempts in flight.

The law is scaled by registration.retry = 1: 1 s stands for its 30 s, 0 to 0.1 s for the first 0 to
3 s, 4 minutes for 2 hours. "Again" is measured from when the fault was noticed and the registrar could
be reached, at the registrar. OFFHOOK_EXTENT: short (make check's), full, or soak: an hour of it."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clocks
import dns_cases
from measure import HEAD, Fault, hold_against_law, hold_in_flight, percentile
from world import A, NEAR_SIX, SIX, Line, World
from lab import Lab, Tally, can_drop_packets, enter_private_network, need, run, skip, wait_for

LINES = 20
KEEPALIVE = 1
STABLE = 2.2  # a flow that lives so long was a good one: twice the base of the law
PORTS = list(range(5100, 5100 + LINES))
NAME = "line.example"
PROMISED = 3.5
EXTENT = os.environ.get("OFFHOOK_EXTENT", "short")
SOAK_SECONDS = 3600
# Rounds of all lines: short, full.
ROUNDS = {"FIN": (2, 10), "RST": (2, 10), "restart": (1, 5), "silent cut": (1, 3), "address": (1, 3),
          "family": (1, 3), "cable": (1, 2), "moment": (1, 2), "refused": (1, 1), "mute": (1, 1),
          "stopped": (1, 2)}
OUTAGE = {"short": 8.0, "full": 240.0, "soak": 240.0}[EXTENT]


class Bench:
    """All lines, and how one fault is played on them."""

    def __init__(self, world, lines):
        self.world, self.lines = world, lines
        self.faults = []

    def settle(self):
        """Every line is registered for so long that its flow counts as a good one."""
        def is_stable():
            return (all(line.ask("status")[0]["registered"] for line in self.lines) and
                    time.time() - max(line.saved[-1].at for line in self.lines) > STABLE)
        wait_for("stable lines", is_stable, 90, 0.1)

    def play(self, name, break_all, heal=None, seconds=60.0, rounds=1, is_law=True, away=0.0):
        """`break_all` for every line; `heal` after `away` seconds makes the registrar reachable again."""
        fault = next((one for one in self.faults if one.name == name), None)
        if not fault:
            fault = Fault(name)
            self.faults.append(fault)
        for _ in range(rounds):
            self.settle()
            since = time.time()
            break_all()
            reachable = since
            if heal:
                time.sleep(away)
                reachable = heal() or time.time()
            end = time.time() + seconds
            while time.time() < end and not all(line.saved_since(since) for line in self.lines):
                time.sleep(0.02)
            self.note(fault, since, reachable, is_law)
        return fault

    def note(self, fault, since, reachable, is_law):
        time.sleep(0.2)
        bindings = self.world.bindings()
        for line in self.lines:
            fault.count += 1
            offline, saved = line.offline_since(since), line.saved_since(since)
            if offline:
                fault.detected.append(offline - since)
            if not saved:
                fault.violate("not again", line.user)
                continue
            fault.recovered += 1
            fault.again.append(max(0.0, saved[0].at - max(reachable, offline or since)))
            if len(saved) > 1:
                fault.violate("REGISTERs too many", "%s: %d" % (line.user, len(saved)))
            if bindings[line.user] != 1:
                fault.violate("bindings", "%s: %d" % (line.user, bindings[line.user]))
            if is_law:
                attempts = self.world.sniffer.since(line.port, since)
                hold_against_law(fault, line.user, offline or since, attempts)
                hold_in_flight(fault, line.user, attempts)


class Network:
    """What is done to our end of the cable."""

    def __init__(self, world):
        self.world = world
        self.number = 1

    def address(self):
        return "10.77.%d.1" % self.number

    def move(self):
        old = self.address()
        self.number += 1
        run("ip", "addr", "add", self.address() + "/16", "dev", "near")
        run("ip", "addr", "del", old + "/16", "dev", "near")

    def lose_four(self):
        run("ip", "addr", "del", self.address() + "/16", "dev", "near")

    def take_four(self):
        run("ip", "addr", "add", self.address() + "/16", "dev", "near")

    @staticmethod
    def lose_six():
        run("ip", "addr", "del", NEAR_SIX + "/64", "dev", "near")

    @staticmethod
    def take_six():
        run("ip", "addr", "add", NEAR_SIX + "/64", "dev", "near", "nodad")

    @staticmethod
    def pull():
        run("ip", "link", "set", "near", "down")

    @staticmethod
    def plug():
        run("ip", "link", "set", "near", "up")


def rounds(name):
    return ROUNDS[name][0 if EXTENT == "short" else 1]


def play_losses(bench):
    world, lines = bench.world, bench.lines

    def fin():
        for line in lines:
            world.close_connection(line.saved[-1].connection)

    def restart():
        world.stop_registrar()
        world.start_registrar()

    bench.play("FIN", fin, rounds=rounds("FIN"))
    bench.play("RST", lambda: world.reset(*lines), rounds=rounds("RST"))
    bench.play("registrar restarted", lambda: None, lambda: restart(), rounds=rounds("restart"))
    fault = bench.play("silent cut", lambda: world.cut(*lines), rounds=rounds("silent cut"))
    world.heal()
    return fault


def move_all(bench, address):
    """To a server that the DNS names; on a busy machine the other family may win the race for it."""
    bench.settle()
    while others := [line for line in bench.lines if line.saved[-1].address != address]:
        bench.world.reset(*others)
        bench.settle()


def play_network(bench, network):
    world = bench.world
    moved = bench.play("another address", network.move, rounds=rounds("address"), is_law=False)
    for _ in range(rounds("family")):
        world.zone(NAME, [NAME + " A " + A, NAME + " AAAA " + SIX])
        move_all(bench, SIX)
        four = bench.play("IPv6 goes, IPv4 is left", network.lose_six, is_law=False)
        network.take_six()
        six = bench.play("IPv4 goes, IPv6 is left", network.lose_four, is_law=False)
        network.take_four()
    world.zone(NAME, [NAME + " A " + A])
    move_all(bench, A)
    bench.play("cable out for 14 s", network.pull, network.plug, away=14.0, rounds=rounds("cable"),
               is_law=False)
    return moved, six, four


def play_outages(bench):
    """The registrar refuses everybody for long, then it says nothing for long."""
    world = bench.world

    def away(kind):
        for line in bench.lines:
            world.fault("add", kind, A, line.port)
        world.reset(*bench.lines)
    bench.play("refused for %d s" % OUTAGE, lambda: away("dead"), world.heal, away=OUTAGE, seconds=70.0)
    bench.play("silent for %d s" % OUTAGE, lambda: away("mute"), world.heal, away=OUTAGE, seconds=90.0)


def check_moment(bench, tally, network):
    """What harms nobody: no line may go offline or register anew."""
    for _ in range(rounds("moment")):
        bench.settle()
        since = time.time()
        network.pull()
        time.sleep(0.5)
        network.plug()
        time.sleep(KEEPALIVE + 11)
        harmed = [line.user for line in bench.lines if line.offline_since(since) or line.saved_since(since)]
        tally.check("a cable out for half a second harms nobody", not harmed, harmed)


def judge(tally, bench, cut, network_faults):
    print(HEAD)
    for fault in bench.faults:
        print(fault.row())
    for fault in bench.faults:
        tally.check("%s: every line is registered again" % fault.name, fault.recovered == fault.count,
                    "%d of %d" % (fault.recovered, fault.count))
        tally.check("%s: no violation" % fault.name, not fault.violations, "; ".join(fault.details[:10]))
        if "for %d s" % OUTAGE not in fault.name:
            tally.check("%s: 99 %% within %.1f s" % (fault.name, PROMISED),
                        percentile(fault.again, 0.99) <= PROMISED, "%.2f s" % percentile(fault.again, 0.99))
    tally.check("a silent cut is noticed within the keep-alive and 10 s",
                percentile(cut.detected, 1) <= KEEPALIVE + 11, "%.2f s" % percentile(cut.detected, 1))
    for fault in network_faults:
        tally.check("%s: noticed within 2 s" % fault.name, percentile(fault.detected, 1) <= 2,
                    "%.2f s" % percentile(fault.detected, 1))


def descriptors(lines):
    """Of all, when nobody asks them anything: they are all alike then."""
    counts = []

    def look():
        counts[:] = [len(os.listdir("/proc/%d/fd" % line.pid)) for line in lines]
        return len(set(counts)) == 1
    try:
        wait_for("equal descriptors", look, 10)
    except AssertionError:
        pass
    return counts


def play_all(bench, tally, network):
    cut = play_losses(bench)
    network_faults = play_network(bench, network)
    check_moment(bench, tally, network)
    play_outages(bench)
    return cut, network_faults


def run_lines(world, tally):
    world.zone(NAME, [NAME + " A " + A])
    lines = [Line(world, "line%d" % number, "%s:%d" % (NAME, port), port, keepalive=KEEPALIVE)
             for number, port in enumerate(PORTS)]
    wait_for("all registrations", lambda: all(line.saved for line in lines), 30)
    bench, network = Bench(world, lines), Network(world)
    bench.settle()
    before = descriptors(lines)
    end = time.time() + (SOAK_SECONDS if EXTENT == "soak" else 0)
    while True:
        cut, network_faults = play_all(bench, tally, network)
        if time.time() >= end:
            break
    judge(tally, bench, cut, network_faults)
    bench.settle()
    tally.check("as many descriptors as before", descriptors(lines) == before, descriptors(lines))
    tally.check("all stop cleanly", all(line.stop() == 0 for line in lines))
    tally.check("no binding is left", not world.bindings(), world.bindings())
    world.zone(NAME, [])


PARTS = {"lines": (PORTS, run_lines), "dns": (dns_cases.PORTS, dns_cases.run_cases),
         "clocks": (clocks.PORTS, clocks.run_clocks)}


def run_part(name):
    """In a world of its own."""
    need("nft", "ip", "ss", "unshare", "nsenter", "unbound", "unbound-control", "kamcmd")
    enter_private_network()
    if not can_drop_packets():
        skip("without that nothing is tried")
    ports, function = PARTS[name]
    tally = Tally()
    with Lab() as lab:
        function(World(lab, ports), tally)
    tally.end()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_part(sys.argv[1])
    else:
        Tally().share_out(PARTS)
