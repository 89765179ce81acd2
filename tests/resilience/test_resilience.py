# SPDX-License-Identifier: ISC
"""Faults of the network, counted: twenty lines at one registrar behind a cable of their own (network
namespaces and a veth pair). Prints a table: fault, count, recovered, detected in, registered again
in (after it was noticed).

The law of RFC 5626 4.5 is scaled by registration.retry = 1: 1 s stands for its 30 s, 0 to 0.1 s for the
first 0 to 3 s. `rounds` in the environment multiplies the counts (make soak)."""
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from lab import BUILDDIR, Lab, Tally, enter_private_network, libconfig, need, run, wait_for
from registrar import Registrar, header

REGISTRAR = "10.77.0.1"
LINES = 20
KEEPALIVE = 1
ROUNDS = int(os.environ.get("rounds", "1"))
STABLE = 2.2  # a flow that lives so long was a good one: twice the base of the law


# --- the other end of the cable

speech = threading.Lock()


def say(what):
    with speech:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()


class CountingRegistrar(Registrar):
    """Tells on standard output when who connects and registers; obeys on standard input."""

    flows = {}  # by user

    def register(self, stream, message):
        user = re.search(r"sips?:([^@]+)@", header(message, "From")).group(1)
        self.flows[user] = stream
        address, port = stream.getpeername()[:2]
        say({"t": time.monotonic(), "user": user, "port": port, "address": address})
        super().register(stream, message)


def be_registrar(folder):
    for line in sys.stdin:
        words = line.split()
        if words[0] == "up":
            run("ip", "link", "set", "lo", "up")
            run("ip", "addr", "add", REGISTRAR + "/16", "dev", "far")
            run("ip", "link", "set", "far", "up")
            registrar = CountingRegistrar(folder + "/server.pem", folder + "/server.key",
                                          address=(REGISTRAR, 5061))
            say({"up": True})
            continue
        if words[0] == "rst":  # of all, as the kernel destroys them
            run("ss", "-K", "-t", "state", "established", "sport = :5061")
            continue
        flow = registrar.flows.pop(words[1])
        flow.shutdown(socket.SHUT_RDWR)
        flow.close()


# --- our end

class Line:
    """One daemon and what is known of it."""

    def __init__(self, lab, number):
        self.user = "line%d" % number
        self.folder = lab.make_folder(self.user)
        self.registered = []  # (time, port, address)
        self.events = []      # (time, name)
        config = [
            'aor = "sips:%s@%s";' % (self.user, lab.name),
            'outbound_proxy = "%s:5061";' % REGISTRAR,
            "tls = %s;" % libconfig({"ca_file": lab.path("ca.pem"), "name": lab.name}),
            "hooks = %s;" % libconfig({"dir": lab.hooks}),
            "registration = %s;" % libconfig({"expires": 3600, "keepalive": KEEPALIVE, "retry": 1}),
            'control = { socket = "%s/control"; };' % self.folder,
            'state_dir = "%s/state";' % self.folder,
            'log = { level = "info"; };']
        self.process = lab.start(self.user, os.path.join(BUILDDIR, "offhookd"), "-c",
                                 lab.write(self.user + ".conf", "\n".join(config) + "\n", 0o640))

    def watch(self):
        client = socket.socket(socket.AF_UNIX)
        wait_for("the socket", lambda: client.connect_ex(self.folder + "/control") == 0)
        client.sendall(b'{"id":1,"cmd":"watch"}\n')
        for line in client.makefile():
            event = json.loads(line).get("event")
            if event:
                self.events.append((time.monotonic(), event))

    def detected(self, since):
        return next((t - since for t, name in self.events if t >= since and name == "offline"), None)

    def again(self, since):
        return next((t - since for t, _, _ in self.registered if t > since), None)


class Fault:
    """What happened to all lines in all rounds."""

    def __init__(self, name):
        self.name, self.detected, self.again, self.count, self.extra = name, [], [], 0, 0

    def note(self, line, since, reachable):
        self.count += 1
        detected, again = line.detected(since), line.again(since)
        if again is None:
            return
        self.again.append(max(0.0, since + again - max(reachable, since + (detected or 0))))
        if detected is not None:
            self.detected.append(detected)
        self.extra += sum(t > since for t, _, _ in line.registered) - 1


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def make_cable():
    far = subprocess.Popen(["unshare", "-n", sys.executable, os.path.abspath(__file__), "registrar",
                            lab.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    lab.processes.append(far)
    time.sleep(0.3)
    run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
    run("ip", "link", "set", "far", "netns", str(far.pid))
    run("ip", "addr", "add", "10.77.1.1/16", "dev", "near")
    run("ip", "link", "set", "near", "up")
    with open("/proc/sys/net/ipv4/conf/near/promote_secondaries", "w", encoding="ascii") as file:
        file.write("1")
    return far


def hear(far, lines):
    known = {line.user: line for line in lines}
    for text in far.stdout:
        said = json.loads(text)
        if "user" in said:
            known[said["user"]].registered.append((said["t"], said["port"], said["address"]))


def order(far, *words):
    far.stdin.write(" ".join(words) + "\n")
    far.stdin.flush()


def play(name, lines, rounds, seconds, break_all, heal=None):
    """Breaks something for every line, waits until all are registered again, and so on."""
    fault = Fault(name)
    for number in range(rounds * ROUNDS):
        time.sleep(STABLE)
        since = time.monotonic()
        break_all(number)
        reachable = time.monotonic() if heal else since
        end = since + seconds
        while time.monotonic() < end and any(line.again(since) is None for line in lines):
            time.sleep(0.02)
        time.sleep(0.3)
        for line in lines:
            fault.note(line, since, reachable)
        if heal:
            heal()
    return fault


def main():
    far = make_cable()
    lines = [Line(lab, number) for number in range(LINES)]
    order(far, "up")
    threading.Thread(target=hear, args=(far, lines), daemon=True).start()
    for line in lines:
        threading.Thread(target=line.watch, daemon=True).start()
    wait_for("all registrations", lambda: all(line.registered for line in lines), 20)

    def fin(_):
        for line in lines:
            order(far, "fin", line.user)

    def rst(_):
        order(far, "rst")

    def cut(_):
        ports = ",".join(str(line.registered[-1][1]) for line in lines)
        run("nft", "add table ip cut; add chain ip cut in { type filter hook input priority 0; }; "
                   "add rule ip cut in tcp dport { %s } drop" % ports)

    def heal_cut():
        run("nft", "delete table ip cut")

    def move(number):
        old = "10.77.%d.1/16" % (number + 1)
        run("ip", "addr", "add", "10.77.%d.1/16" % (number + 2), "dev", "near")
        run("ip", "addr", "del", old, "dev", "near")

    def pull(_):
        run("ip", "link", "set", "near", "down")
        time.sleep(0.5)
        run("ip", "link", "set", "near", "up")

    pids = [line.process.pid for line in lines]
    descriptors = [len(os.listdir("/proc/%d/fd" % pid)) for pid in pids]
    faults = [play("FIN", lines, 10, 10, fin), play("RST", lines, 10, 10, rst),
              play("silent cut", lines, 3, KEEPALIVE + 20, cut, heal_cut),
              play("address change", lines, 3, 20, move)]
    print("%-16s %6s %9s  %-26s %-26s %s" % ("fault", "count", "recovered", "detected p50 p99 max",
                                             "again p50 p99 max", "extra REGISTERs"))
    for fault in faults:
        print("%-16s %6d %9d  %8.2f %8.2f %8.2f %8.2f %8.2f %8.2f  %d" % (
            fault.name, fault.count, len(fault.again),
            *(percentile(fault.detected, part) for part in (0.5, 0.99, 1)),
            *(percentile(fault.again, part) for part in (0.5, 0.99, 1)), fault.extra))
    for fault in faults:
        tally.check("%s: every line is registered again" % fault.name,
                    len(fault.again) == fault.count, "%d of %d" % (len(fault.again), fault.count))
        tally.check("%s: 99 %% within 3.5 s of being noticed" % fault.name,
                    percentile(fault.again, 0.99) <= 3.5, "%.2f s" % percentile(fault.again, 0.99))
        tally.check("%s: one REGISTER for each" % fault.name, fault.extra == 0, fault.extra)
    tally.check("a silent cut is noticed within the keep-alive and 10 s",
                percentile(faults[2].detected, 1) <= KEEPALIVE + 10.5, percentile(faults[2].detected, 1))
    tally.check("an address change is noticed within a second",
                percentile(faults[3].detected, 1) <= 1, percentile(faults[3].detected, 1))
    since = time.monotonic()
    pull(0)
    time.sleep(KEEPALIVE + 11)
    online = sum(not line.detected(since) or line.again(since) is not None for line in lines)
    tally.check("a cable out for half a second harms nobody", online == LINES, online)
    tally.check("as many descriptors as before", descriptors ==
                [len(os.listdir("/proc/%d/fd" % pid)) for pid in pids])
    for line in lines:
        line.process.terminate()
    tally.check("all stop cleanly", all(line.process.wait(10) == 0 for line in lines))
    tally.end()


if len(sys.argv) > 1:
    be_registrar(sys.argv[2])
else:
    need("nft", "ip", "ss", "unshare")
    enter_private_network()
    tally = Tally()
    with Lab() as lab:
        main()
