# SPDX-License-Identifier: ISC
"""Where to connect (RFC 3263), with a real DNS server: a daemon, a domain and a port of the registrar
for each case, all cases at once. Each waits for what must happen; the table tells how long it took."""
import socket
import threading
import time

from measure import Fault, percentile
from world import A, B, C, SIX, SIX_B, Line, wait_for

FIRST_PORT = 5200
PATIENCE = 60.0  # for what takes a second or two on an idle machine
STABLE = 2.2
BLACKHOLE = 5.0
PROMISED = 3.5
CASES = []


class Case:
    """A name of its own, and what is done to it."""

    def __init__(self, world, number, fact, function):
        self.world, self.fact, self.function = world, fact, function
        self.port = FIRST_PORT + number
        self.name = "c%d.example" % number
        self.user = "case%d" % number
        self.line = None
        self.failure = None
        self.begun = 0.0
        self.took = []     # seconds until registered again after each change
        self.answered = [] # seconds that the control socket took meanwhile

    def srv(self, priority, weight, host, port=None):
        return "_sips._tcp.%s SRV %d %d %d %s.%s" % (self.name, priority, weight, port or self.port, host,
                                                     self.name)

    def host(self, host, *addresses):
        return ["%s.%s %s %s" % (host, self.name, "AAAA" if ":" in one else "A", one) for one in addresses]

    def zone(self, *records, ttl=60, kind="static"):
        self.world.zone(self.name, list(records), ttl, kind)

    def start(self, server=None):
        self.begun = time.time()
        self.line = Line(self.world, self.user, server or self.name, self.port, keepalive=20)

    def fault(self, kind, *addresses):
        for address in addresses:
            self.world.fault("add", kind, address, self.port)

    def heal(self, kind, *addresses):
        for address in addresses:
            self.world.fault("delete", kind, address, self.port)

    def wait_saved(self, address, port=None, what="", count=True):
        """Registered there, after what was done last."""
        begun = self.begun
        one = wait_for("%s: a REGISTER at %s %s; %s" % (self.fact, address, what, self.line.summary()),
                       lambda: next(iter(self.line.saved_since(begun)), None), PATIENCE)
        if (one.address, one.port) != (address, port or self.port):
            raise AssertionError("registered at %s:%d, not %s" % (one.address, one.port, address))
        if count:
            self.took.append(one.at - begun)

    def wait_summary(self, text):
        wait_for('%s: "%s" in the status: %s' % (self.fact, text, self.line.summary()),
                 lambda: self.poll() and text in self.line.summary(), PATIENCE)

    def poll(self):
        """The loop must not be held up by a lookup."""
        try:
            self.answered.append(self.line.ask("status")[1])
        except OSError:  # not there yet
            pass
        return True

    def lose(self):
        """The connection, after it has lived for long enough to be a good one."""
        wait_for("a stable flow", lambda: time.time() - self.line.saved[-1].at > STABLE, 30)
        self.begun = time.time()
        self.world.reset(self.line)

    def run(self):
        try:
            self.function(self)
            bindings = self.world.bindings()[self.user]
            if bindings > 1:
                raise AssertionError("%d bindings" % bindings)
        except (AssertionError, OSError) as error:
            self.failure = str(error)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = repr(error)
        if self.line:
            self.line.stop()


def case(fact):
    def keep(function):
        CASES.append((fact, function))
        return function
    return keep


@case("NAPTR leads to SRV and address")
def _(c):
    c.zone('%s NAPTR 1 1 "s" "SIPS+D2T" "" _sips._tcp.x.%s' % (c.name, c.name),
           "_sips._tcp.x.%s SRV 1 1 %d h.%s" % (c.name, c.port, c.name), *c.host("h", C))
    c.start()
    c.wait_saved(C)


@case("NAPTR of the lower order is taken")
def _(c):
    c.zone(*['%s NAPTR %d 1 "s" "SIPS+D2T" "" _sips._tcp.%s.%s' % (c.name, order, host, c.name)
             for order, host in ((20, "b"), (10, "a"))],
           *["_sips._tcp.%s.%s SRV 1 1 %d %s.%s" % (host, c.name, c.port, host, c.name) for host in "ab"],
           *c.host("a", A), *c.host("b", B))
    c.start()
    c.wait_saved(A)


@case("NAPTR for UDP and plain TCP is no way for TLS")
def _(c):
    c.zone('%s NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp.%s' % (c.name, c.name),
           '%s NAPTR 1 2 "s" "SIP+D2T" "" _sip._tcp.%s' % (c.name, c.name),
           "_sip._tcp.%s SRV 1 1 %d b.%s" % (c.name, c.port, c.name),
           c.srv(1, 1, "a"), *c.host("a", A), *c.host("b", B))
    c.start()
    c.wait_saved(A)


@case("without NAPTR the SRV name is made")
def _(c):
    c.zone(c.srv(1, 1, "a"), *c.host("a", A))
    c.start()
    c.wait_saved(A)


@case("without SRV the name itself, port 5061")
def _(c):
    c.zone("%s A %s" % (c.name, A))
    c.start()
    c.wait_saved(A, 5061)


@case("a name with IPv6 alone")
def _(c):
    c.zone("%s AAAA %s" % (c.name, SIX))
    c.start("%s:%d" % (c.name, c.port))
    c.wait_saved(SIX)


@case("a name with three addresses, two of them dead")
def _(c):
    c.zone(*["%s A %s" % (c.name, address) for address in (A, B, C)])
    c.fault("dead", A, B)
    c.start("%s:%d" % (c.name, c.port))
    c.wait_saved(C)


@case("SRV: the lower priority comes first")
def _(c):
    c.zone(c.srv(2, 1, "a"), c.srv(1, 1, "b"), *c.host("a", A), *c.host("b", B))
    c.start()
    c.wait_saved(B)


@case("SRV: weight 0 beside a heavy one is as good as never")
def _(c):
    c.zone(c.srv(1, 0, "a"), c.srv(1, 65535, "b"), *c.host("a", A), *c.host("b", B))
    c.start()
    c.wait_saved(B)
    for _ in range(3):
        c.lose()
        c.wait_saved(B)


@case("SRV: equal weights, the chosen one is dead: the other")
def _(c):
    c.zone(c.srv(1, 10, "a"), c.srv(1, 10, "b"), *c.host("a", A), *c.host("b", B))
    c.fault("dead", A)
    c.start()
    c.wait_saved(B)


@case("refused: the next server")
def _(c):
    c.zone(c.srv(1, 1, "a"), c.srv(2, 1, "b"), *c.host("a", A), *c.host("b", B))
    c.fault("dead", A)
    c.start()
    c.wait_saved(B)


@case("silent: the next server, 4 s later")
def _(c):
    c.zone(c.srv(1, 1, "a"), c.srv(2, 1, "b"), *c.host("a", A), *c.host("b", B))
    c.fault("mute", A)
    c.start()
    c.wait_saved(B, count=False)


@case("the server dies: the next one; with the next loss back to the first")
def _(c):
    c.zone(c.srv(1, 1, "a"), c.srv(2, 1, "b"), *c.host("a", A), *c.host("b", B))
    c.start()
    c.wait_saved(A)
    c.fault("dead", A)
    c.lose()
    c.wait_saved(B)
    c.heal("dead", A)
    c.lose()
    c.wait_saved(A)


@case("the third of three servers")
def _(c):
    c.zone(*[c.srv(place, 1, host) for place, host in enumerate("abc", 1)], *c.host("a", A),
           *c.host("b", B), *c.host("c", C))
    c.fault("dead", A, B)
    c.start()
    c.wait_saved(C)


@case("all servers dead, then one of them is not")
def _(c):
    c.zone(c.srv(1, 1, "a"), c.srv(2, 1, "b"), *c.host("a", A), *c.host("b", B))
    c.fault("dead", A, B)
    c.start()
    c.wait_summary("refused")
    c.begun = time.time()
    c.heal("dead", B)
    c.wait_saved(B, count=False)


@case("an SRV host without address is stepped over")
def _(c):
    c.zone(c.srv(1, 1, "none"), c.srv(2, 1, "b"), *c.host("b", B))
    c.start()
    c.wait_saved(B)


@case("SRV of the root offers nothing; then it does")
def _(c):
    c.zone("_sips._tcp.%s SRV 0 0 0 ." % c.name)
    c.start()
    c.wait_summary("offers no SIP over TLS")
    c.begun = time.time()
    c.zone(c.srv(1, 1, "a"), *c.host("a", A))
    c.wait_saved(A, count=False)


@case("SRV: another port from the next connection on")
def _(c):
    c.zone(c.srv(1, 1, "a"), *c.host("a", A))
    c.start()
    c.wait_saved(A)
    c.zone(c.srv(1, 1, "a", FIRST_PORT + 90), *c.host("a", A))
    c.lose()
    c.wait_saved(A, FIRST_PORT + 90)


@case("NXDOMAIN; then the name comes into being")
def _(c):
    c.zone()
    c.start()
    c.wait_summary("does not exist")
    c.begun = time.time()
    c.zone(c.srv(1, 1, "a"), *c.host("a", A))
    c.wait_saved(A, count=False)


@case("SERVFAIL; then it is well again")
def _(c):
    c.world.no_zone(c.name)
    c.start()
    c.wait_summary("no DNS server")
    c.begun = time.time()
    c.zone(c.srv(1, 1, "a"), *c.host("a", A))
    c.wait_saved(A, count=False)


@case("REFUSED; then it is well again")
def _(c):
    c.zone(kind="refuse")
    c.start()
    c.wait_summary("no DNS server")
    c.begun = time.time()
    c.zone(c.srv(1, 1, "a"), *c.host("a", A))
    c.wait_saved(A, count=False)


@case("a black hole of 5 s: the control socket answers meanwhile")
def _(c):
    c.zone(kind="deny")
    c.start()
    wait_for("the daemon", lambda: c.poll() and c.answered, PATIENCE)
    end = time.time() + BLACKHOLE
    while time.time() < end:
        c.poll()
        time.sleep(0.05)
    c.begun = time.time()
    c.zone(c.srv(1, 1, "a"), *c.host("a", A))
    c.wait_saved(A, count=False)


def lose_with(c, spoil):
    """The connection is lost while the DNS has nothing to say: the last known addresses serve."""
    c.zone(c.srv(1, 1, "a"), c.srv(2, 1, "b"), *c.host("a", A), *c.host("b", B))
    c.start()
    c.wait_saved(A)
    spoil()
    c.lose()


@case("the DNS is silent: the last known addresses")
def _(c):
    lose_with(c, lambda: c.zone(kind="deny"))
    c.wait_saved(A, count=False)


@case("NXDOMAIN: the last known addresses")
def _(c):
    lose_with(c, c.zone)
    c.wait_saved(A)


@case("SERVFAIL: the last known addresses")
def _(c):
    lose_with(c, lambda: c.world.no_zone(c.name))
    c.wait_saved(A, count=False)


@case("the DNS refuses and the server is dead: the second of the last known")
def _(c):
    c.zone(c.srv(1, 1, "a"), c.srv(2, 1, "b"), *c.host("a", A), *c.host("b", B))
    c.start()
    c.wait_saved(A)
    c.zone(kind="refuse")
    c.fault("dead", A)
    c.lose()
    c.wait_saved(B)


@case("TTL of 2 s, another address, the old server dies: within the TTL and one attempt")
def _(c):
    c.zone("%s A %s" % (c.name, A), ttl=2)
    c.start("%s:%d" % (c.name, c.port))
    c.wait_saved(A)
    c.zone("%s A %s" % (c.name, B), ttl=2)
    c.fault("dead", A)
    c.lose()
    c.wait_saved(B)


@case("another address while the old server lives: from the next connection on")
def _(c):
    c.zone("%s A %s" % (c.name, A), ttl=2)
    c.start("%s:%d" % (c.name, c.port))
    c.wait_saved(A)
    c.zone("%s A %s" % (c.name, B), ttl=2)
    c.lose()
    c.wait_saved(B)


@case("IPv6 is tried first")
def _(c):
    c.zone("%s A %s" % (c.name, A), "%s AAAA %s" % (c.name, SIX))
    c.start("%s:%d" % (c.name, c.port))
    wait_for("a REGISTER", lambda: c.line.saved, PATIENCE)  # on a busy machine IPv4 may win
    if c.world.sniffer.since(c.port, 0)[0].host != socket.inet_pton(socket.AF_INET6, SIX):
        raise AssertionError("the first attempt was for IPv4")


@case("IPv6 is silent: IPv4 a quarter of a second later")
def _(c):
    c.zone("%s A %s" % (c.name, A), "%s AAAA %s" % (c.name, SIX))
    c.fault("mute", SIX)
    c.start("%s:%d" % (c.name, c.port))
    c.wait_saved(A)
    first, second = c.world.sniffer.since(c.port, 0)[:2]
    if not 0.24 < second.at - first.at < 3:
        raise AssertionError("IPv4 was tried after %.3f s" % (second.at - first.at))


@case("IPv6 refuses: IPv4")
def _(c):
    c.zone("%s A %s" % (c.name, A), "%s AAAA %s" % (c.name, SIX))
    c.fault("dead", SIX)
    c.start("%s:%d" % (c.name, c.port))
    c.wait_saved(A)


@case("IPv4 leaves the DNS, IPv6 comes")
def _(c):
    c.zone("%s A %s" % (c.name, A))
    c.start("%s:%d" % (c.name, c.port))
    c.wait_saved(A)
    c.zone("%s AAAA %s" % (c.name, SIX_B))
    c.lose()
    c.wait_saved(SIX_B)


@case("an answer too large for a datagram comes over TCP")
def _(c):
    hosts = ["host-%02d-with-a-long-name" % number for number in range(12)]
    c.zone(*[c.srv(place, 1, host) for place, host in enumerate(hosts)],
           *[record for host in hosts for record in c.host(host, B)])
    c.start()
    c.wait_saved(B)


PORTS = [5061, FIRST_PORT + 90, *(FIRST_PORT + number for number in range(len(CASES)))]


def run_cases(world, tally):
    cases = [Case(world, number, *one) for number, one in enumerate(CASES)]
    threads = [threading.Thread(target=one.run) for one in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.heal()
    fault = Fault("DNS, %d cases" % len(cases))
    for one in cases:
        fault.count += 1
        fault.recovered += one.failure is None
        fault.again += one.took
        tally.check("DNS: " + one.fact, one.failure is None, one.failure or
                    " ".join("%.2f s" % seconds for seconds in one.took))
    answered = [seconds for one in cases for seconds in one.answered]
    print(fault.row())
    tally.check("DNS: 99 %% within %.1f s where nothing has to be waited for" % PROMISED,
                percentile(fault.again, 0.99) <= PROMISED, "%.2f s" % percentile(fault.again, 0.99))
    tally.check("DNS: the control socket answers meanwhile", max(answered) < 2,
                "%.0f ms p99, %.0f ms at most, of %d" % (
                    1000 * percentile(answered, 0.99), 1000 * max(answered), len(answered)))
