# SPDX-License-Identifier: ISC
"""Where to connect (RFC 3263): NAPTR, SRV, addresses, and what happens when one of them fails. A DNS
server and registrars of our own, in a network of our own; each row is a daemon's life."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tally, enter_private_network, wait_for
from dns_server import Dns
from registrar import Registrar

WORKERS = 8
tally = Tally()
A, B, C = ("127.0.2.1", 5061), ("127.0.2.2", 5061), ("127.0.2.3", 5061)
D = "lab.example"
SRV = "_sips._tcp." + D
ONE = [SRV + " SRV 1 1 5061 a." + D, "a.%s A %s" % (D, A[0])]
TWO = [SRV + " SRV 1 1 5061 a." + D, SRV + " SRV 2 1 5061 b." + D, "a.%s A %s" % (D, A[0]),
       "b.%s A %s" % (D, B[0])]
PLAIN = ["%s A %s" % (D, A[0])]


def cut(bytes_left):
    return lambda query, answer: answer[:bytes_left]


def loop(query, answer):
    """A name that points at itself."""
    return answer[:12] + b"\xc0\x0c" + answer[14:]


def forward_pointer(query, answer):
    return answer[:-2] + b"\xc0\xff"


def foreign_id(query, answer):
    return bytes([answer[0] ^ 1]) + answer[1:]


def many_records(query, answer):
    return answer[:6] + b"\xff\xff" + answer[8:]


def endless_label(query, answer):
    return answer[:12] + b"\x7f" + answer[13:]


# What is shown: the zone, the servers' modes, the DNS's mode; then who must be registered at, within
# how many seconds, or what `status` must say.
ROWS = [
    ("NAPTR leads to SRV and address", [D + " NAPTR 1 1 s SIPS+D2T _sips._tcp.x." + D,
     "_sips._tcp.x.%s SRV 1 1 5071 h.%s" % (D, D), "h.%s A %s" % (D, C[0])], {(C[0], 5071): "accept"},
     "answer", (C[0], 5071), 2),
    ("NAPTR of the lower order is taken", [D + " NAPTR 2 1 s SIPS+D2T _sips._tcp.y." + D,
     D + " NAPTR 1 1 s SIPS+D2T _sips._tcp.x." + D, "_sips._tcp.x.%s SRV 1 1 5061 a.%s" % (D, D),
     "_sips._tcp.y.%s SRV 1 1 5061 b.%s" % (D, D)] + TWO[2:], {A: "accept", B: "accept"}, "answer", A, 2),
    ("NAPTR for plain TCP and UDP is no way for TLS", [D + " NAPTR 1 1 s SIP+D2T _sip._tcp." + D,
     D + " NAPTR 1 2 s SIP+D2U _sip._udp." + D, "_sip._tcp.%s SRV 1 1 5061 b.%s" % (D, D)] + TWO,
     {A: "accept", B: "accept"}, "answer", A, 2),
    ("without NAPTR the SRV name is made", ONE, {A: "accept"}, "answer", A, 2),
    ("without SRV the name itself, port 5061", PLAIN, {A: "accept"}, "answer", A, 2),
    ("the port of the SRV record counts", [SRV + " SRV 1 1 5099 a." + D, ONE[1]],
     {(A[0], 5099): "accept"}, "answer", (A[0], 5099), 2),
    ("the lower priority comes first", TWO, {A: "accept", B: "accept"}, "answer", A, 2),
    ("refused: the next server", TWO, {A: "refuse", B: "accept"}, "answer", B, 2),
    ("no handshake: the next server", TWO, {A: "silent", B: "accept"}, "answer", B, 6),
    ("no TLS: the next server", TWO, {A: "plain", B: "accept"}, "answer", B, 2),
    ("wrong certificate: the next server", TWO, {A: "wrong", B: "accept"}, "answer", B, 2),
    ("503: the next server", TWO, {A: "unavailable", B: "accept"}, "answer", B, 3),
    ("an SRV host without address is stepped over", TWO[:2] + TWO[3:], {B: "accept"}, "answer", B, 2),
    ("the second address of a name", ["%s A %s" % (D, A[0]), "%s A %s" % (D, B[0])],
     {A: "refuse", B: "accept"}, "answer", B, 2),
    ("IPv6 is tried first", ["%s AAAA ::1" % D, "%s A %s" % (D, A[0])],
     {("::1", 5061): "accept", A: "accept"}, "answer", ("::1", 5061), 2),
    ("IPv6 that does not answer costs a quarter of a second",
     ["%s AAAA ::1" % D, "%s A %s" % (D, A[0])], {("::1", 5061): "silent", A: "accept"}, "answer", A, 2),
    ("an alias of the name", ["%s CNAME a.%s" % (D, D), "a.%s A %s" % (D, A[0])], {A: "accept"},
     "answer", A, 2),
    ("a forwarder that knows no NAPTR and SRV", PLAIN, {A: "accept"}, "silent types", A, 14),
    ("SRV of the root: nothing is offered", [SRV + " SRV 0 0 0 ."], {}, "answer",
     "offers no SIP over TLS", 3),
    ("the name does not exist", [], {}, "answer", 'the name "lab.example" does not exist', 3),
    ("the DNS server refuses", PLAIN, {}, "refused", 'no DNS server can say where "lab.example" is', 8),
    ("the DNS server fails", PLAIN, {}, "servfail", 'no DNS server can say where "lab.example" is', 8),
    ("nobody answers", PLAIN, {}, "silent", 'no DNS server answers when asked for "lab.example"', 20),
    ("garbage for an answer", PLAIN, {}, lambda query, answer: b"\xff" * 40, "no DNS server", 20),
    ("an empty datagram", PLAIN, {}, lambda query, answer: b"", "no DNS server", 20),
    ("an answer cut behind its head", PLAIN, {}, cut(12), "no DNS server", 20),
    ("an answer cut in its record", PLAIN, {}, cut(40), "no DNS server|does not exist", 20),
    ("a name that points at itself", PLAIN, {}, loop, "no DNS server|does not exist", 20),
    ("a pointer beyond the end", PLAIN, {}, forward_pointer, "no DNS server|does not exist|cannot", 20),
    ("the answer to another question", PLAIN, {}, foreign_id, "no DNS server answers", 20),
    ("a number of records that is a lie", PLAIN, {}, many_records, "no DNS server|does not exist", 20),
    ("a label that runs over the end", PLAIN, {}, endless_label, "no DNS server|does not exist", 20),
    ("every server fails", TWO, {A: "refuse", B: "refuse"}, "answer", "cannot connect: Connection refused", 3),
]


class Setting:
    """The DNS and the servers of one row."""

    def __init__(self, lab, dns):
        self.lab, self.dns, self.servers = lab, dns, {}

    def prepare(self, zone, modes, mode):
        for server in self.servers.values():
            server.stop()
        self.servers = {}
        for place, how in modes.items():
            name = "other" if how == "wrong" else "server"
            self.servers[place] = Registrar(
                self.lab.path(name + ".pem"), self.lab.path(name + ".key"), address=place,
                mode="accept" if how == "wrong" else how)
        self.dns.zone = zone
        self.dns.asked = []
        self.dns.mode = "answer" if mode == "silent types" else mode
        self.dns.silent_types = ("NAPTR", "SRV") if mode == "silent types" else ()

    def server(self, place):
        return self.servers[place]


def start(lab, **extra):
    return lab.start_daemon(wait=False, outbound_proxy=D, **extra)


def summary(lab):
    return (lab.ask("status") or {}).get("summary", "")


def run_row(lab, setting, row):
    fact, zone, modes, mode, wanted, seconds = row
    setting.prepare(zone, modes, mode)
    begin = time.monotonic()
    start(lab)
    try:
        if isinstance(wanted, str):
            wait_for(fact, lambda: re.search(wanted, summary(lab)), seconds)
            text = summary(lab)
            tally.check("DNS: %s" % fact, re.search(wanted, text), text)
        else:
            wait_for(fact, lambda: setting.server(wanted).bound() and lab.is_online(), seconds)
            others = [place for place, server in setting.servers.items()
                      if server.bound() and server is not setting.server(wanted)]
            tally.check("DNS: %s" % fact, not others, "%.2f s" % (time.monotonic() - begin))
    except AssertionError as error:
        tally.check("DNS: %s" % fact, False, "%s; %s; asked %s" % (error, summary(lab), setting.dns.asked))
        print(lab.log("offhookd")[-3000:])
    lab.stop_daemon()


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def life_of_two_servers(lab, setting):
    setting.prepare(TWO, {A: "accept", B: "accept"}, "answer")
    start(lab)
    wait_for("A", lambda: setting.server(A).bound(), 5)
    setting.server(A).set_mode("refuse")
    tally.comes("a server that goes is left for the next", lambda: setting.server(B).bound(), 8)
    setting.server(B).set_mode("unavailable")
    setting.server(A).set_mode("accept")
    setting.server(B).cut()
    tally.comes("with the next connection the preferred one is tried first",
                lambda: len(setting.server(A).bound()) > 1, 8)
    setting.server(B).set_mode("accept")
    setting.server(A).set_mode("refuse")
    wait_for("B again", lambda: len(setting.server(B).bound()) > 1 and lab.is_online(), 8)
    setting.server(A).set_mode("accept")
    wait_for("back at A", lambda: len(setting.server(A).bound()) > 2 and lab.is_online(), 70)
    tally.check("while it is up the line goes back to the preferred server",
                "back to the preferred server" in lab.log("offhookd"))
    lab.stop_daemon()


def life_of_changing_addresses(lab, setting):
    setting.prepare(PLAIN, {A: "accept", B: "accept"}, "answer")
    start(lab)
    wait_for("A", lambda: setting.server(A).bound(), 5)
    setting.dns.zone = ["%s A %s" % (D, B[0])]
    setting.server(A).set_mode("refuse")
    tally.comes("a new address is followed with the next connection", lambda: setting.server(B).bound(), 8)
    setting.dns.mode = "silent"
    setting.server(B).cut()
    wait_for("B again", lambda: len(setting.server(B).bound()) > 1 and lab.is_online(), 25)
    tally.check("with the DNS gone the last known address serves",
                "the last known addresses are tried" in lab.log("offhookd"))
    setting.dns.mode = "nxdomain"
    setting.server(B).cut()
    tally.comes("and with the name gone, too",
                lambda: len(setting.server(B).bound()) > 2 and lab.is_online(), 15)
    lab.stop_daemon()


def life_of_a_new_name(lab, setting):
    setting.prepare([], {A: "accept"}, "answer")
    start(lab)
    wait_for("the failure", lambda: "does not exist" in summary(lab), 5)
    setting.dns.zone = PLAIN
    tally.comes("a name that comes into being is found", lambda: setting.server(A).bound(), 8)
    lab.stop_daemon()


def life_of_resolv_conf(lab, setting):
    setting.prepare(PLAIN, {A: "accept"}, "answer")
    write("/etc/resolv.conf", "nameserver 127.0.0.54\n")
    start(lab)
    wait_for("the failure", lambda: "no DNS server" in summary(lab), 20)
    write("/etc/resolv.conf", "nameserver 127.0.0.53\n")
    tally.comes("a changed /etc/resolv.conf is read", lambda: setting.server(A).bound(), 8)
    lab.stop_daemon()


def life_of_hosts(lab, setting):
    setting.prepare([], {A: "accept"}, "silent")
    write("/etc/hosts", "127.0.0.1 localhost\n%s %s\n" % (A[0], D))
    start(lab)
    tally.comes("a name of /etc/hosts needs no DNS server", lambda: setting.server(A).bound(), 15)
    begin = time.monotonic()
    pings = [lab.ask("status") is not None for _ in range(20)]
    tally.check("the daemon answers meanwhile", all(pings) and time.monotonic() - begin < 2)
    lab.stop_daemon()


LIVES = [life_of_two_servers, life_of_changing_addresses, life_of_a_new_name, life_of_resolv_conf,
         life_of_hosts]


def work(number):
    """The share of one worker, in a network of its own."""
    enter_private_network()
    with Lab() as lab:
        lab.name = "other.example"
        os.rename(lab.path("server.pem"), lab.path("right.pem"))
        os.rename(lab.path("server.key"), lab.path("right.key"))
        right_ca = open(lab.path("ca.pem"), encoding="ascii").read()
        lab.make_certificates()
        os.rename(lab.path("server.pem"), lab.path("other.pem"))
        os.rename(lab.path("server.key"), lab.path("other.key"))
        os.rename(lab.path("right.pem"), lab.path("server.pem"))
        os.rename(lab.path("right.key"), lab.path("server.key"))
        write(lab.path("ca.pem"), right_ca + open(lab.path("ca.pem"), encoding="ascii").read())
        lab.name = D
        setting = Setting(lab, Dns())
        for index, row in enumerate(ROWS):
            if index % WORKERS == number:
                run_row(lab, setting, row)
        for index, life in enumerate(LIVES):
            if (index + 3) % WORKERS == number:
                life(lab, setting)
    tally.end()


if len(sys.argv) > 1:
    work(int(sys.argv[1]))
else:
    tally.share_out(range(WORKERS))
