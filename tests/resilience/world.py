# SPDX-License-Identifier: ISC
"""Two ends of a cable: ours with the daemons under test, and the far one, a network namespace of its
own with Kamailio, unbound and a record of every connection that is begun, ended or refused there."""
import collections
import ctypes
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from lab import BUILDDIR, libconfig, run, wait_for

A, B, C, SIX, SIX_B = "10.77.0.1", "10.77.0.2", "10.77.0.3", "fd77::1", "fd77::2"
FAR = (A, B, C, SIX, SIX_B)
NEAR, NEAR_SIX = "10.77.1.1", "fd77::1:1"
CLOSE_PORT = 5070  # UDP: Kamailio closes the connection that an OPTIONS names
PASSWORD = "correct horse"

KAMAILIO = """#!KAMAILIO
debug=-2
log_stderror=yes
children=1
auto_aliases=no
dns=no
rev_dns=no
tcp_children=1
tcp_connection_lifetime=3700
enable_tls=yes
{listen}
mpath="{modules}"
{load}
modparam("auth", "algorithm", "SHA-256")
modparam("auth", "qop", "auth")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "private_key", "{folder}/server.key")
modparam("tls", "certificate", "{folder}/server.pem")
modparam("registrar", "min_expires", 5)
modparam("registrar", "max_expires", 3600)
modparam("registrar", "outbound_mode", 1)
modparam("usrloc", "db_mode", 0)
modparam("ctl", "binrpc", "unix:{folder}/kamailio.ctl")
request_route {{
    if (is_method("OPTIONS") && $proto == "udp") {{
        tcp_close_connection("$(hdr(X-Close){{s.int}})");
        sl_send_reply("200", "OK"); exit;
    }}
    if (!is_method("REGISTER")) {{ sl_send_reply("404", "Not Here"); exit; }}
    if (!pv_www_authenticate("$td", "{password}", "0")) {{ www_challenge("$td", "1"); exit; }}
    save("location");
    xlog("L_ALERT", "SAVED $fU $Ri $Rp $sp $conid $TV(Sn)\\n");
    exit;
}}
"""
MODULES = ("tls", "kex", "corex", "tm", "sl", "pv", "usrloc", "registrar", "textops", "siputils", "auth", "xlog",
           "ctl", "tcpops")

UNBOUND = """server:
    interface: {address}
    interface: {six}
    access-control: 0.0.0.0/0 allow
    access-control: ::0/0 allow
    do-daemonize: no
    chroot: ""
    username: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    num-threads: 1
    module-config: "iterator"
    do-not-query-localhost: no
    max-udp-size: 512
forward-zone:
    name: "."
    forward-addr: {address}@5999
remote-control:
    control-enable: yes
    control-interface: "{folder}/unbound.ctl"
    control-use-cert: no
"""

FAULTS = """table inet faults {
    set dead4 { type ipv4_addr . inet_service; }
    set mute4 { type ipv4_addr . inet_service; }
    set dead6 { type ipv6_addr . inet_service; }
    set mute6 { type ipv6_addr . inet_service; }
    set cut { type inet_service . inet_service; }
    chain in {
        type filter hook input priority 0;
        ip daddr . tcp dport @dead4 reject with tcp reset
        ip6 daddr . tcp dport @dead6 reject with tcp reset
        ip daddr . tcp dport @mute4 drop
        ip6 daddr . tcp dport @mute6 drop
        tcp sport . tcp dport @cut drop
    }
    chain out {
        type filter hook output priority 0;
        tcp dport . tcp sport @cut drop
    }
}
"""

Saved = collections.namedtuple("Saved", "user address port peer_port connection at")


class Attempt:
    """A connection as the far end sees it, from its SYN on."""

    def __init__(self, at, key):
        self.at, self.key = at, key
        self.answered_at = None  # its SYN was
        self.ended_at = None     # FIN or RST of either side


class Sniffer:
    """Every SYN, FIN and RST at the far end of the cable with the kernel's own time. That is the wall
    clock's: all times of these tests are time.time()."""

    TIMESTAMP = 35  # SO_TIMESTAMPNS

    def __init__(self, far_pid):
        self.attempts = collections.defaultdict(list)  # by the port of the registrar
        self.open = {}
        self.counts = collections.Counter()
        ready = threading.Event()
        threading.Thread(target=self.listen, args=(far_pid, ready), daemon=True).start()
        ready.wait(10)

    def listen(self, far_pid, ready):
        with open("/proc/%d/ns/net" % far_pid, encoding="ascii") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0x40000000):
                raise OSError(ctypes.get_errno(), "setns")
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        tap.bind(("far", 0))
        tap.setsockopt(socket.SOL_SOCKET, self.TIMESTAMP, 1)
        tap.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        ready.set()
        while True:
            try:
                packet, extra, _, _ = tap.recvmsg(128, 64)
            except OSError:  # the link is down
                time.sleep(0.01)
                continue
            seconds, nanoseconds = struct.unpack("qq", extra[0][2])
            self.take(packet, seconds + nanoseconds / 1e9)

    def take(self, packet, at):
        kind = packet[12:14]
        if kind == b"\x08\x00" and packet[23] == 6:
            segment = packet[14 + (packet[14] & 15) * 4:]
            hosts = packet[26:30], packet[30:34]
        elif kind == b"\x86\xdd" and packet[20] == 6:
            segment = packet[54:]
            hosts = packet[22:38], packet[38:54]
        else:
            return
        source, target, number = struct.unpack("!HHI", segment[:8])
        flags = segment[13]
        if not flags & 7:  # SYN, FIN, RST
            return
        if flags & 18 == 18:  # SYN and ACK
            attempt = self.open.get((hosts[1], target, source))
            if attempt and not attempt.answered_at:
                attempt.answered_at = at
        elif flags & 2:
            self.begin(at, (hosts[0], source, target), number, hosts[1])
        else:
            self.counts["FIN" if flags & 1 else "RST"] += 1
            for key in ((hosts[0], source, target), (hosts[1], target, source)):
                attempt = self.open.get(key)
                if attempt and not attempt.ended_at:
                    attempt.ended_at = at

    def begin(self, at, key, number, host):
        attempt = self.open.get(key)
        if attempt and attempt.number == number:
            return  # sent again
        attempt = Attempt(at, key)
        attempt.number, attempt.host = number, host
        self.open[key] = attempt
        self.attempts[key[2]].append(attempt)

    def since(self, port, when):
        return [attempt for attempt in self.attempts[port] if attempt.at >= when]


class World:
    """The cable and the far end."""

    def __init__(self, lab, ports):
        self.lab, self.ports = lab, ports
        self.saved = collections.defaultdict(list)  # by user
        self.registrar = None
        self.password_file = lab.write("password", PASSWORD + "\n", 0o600)
        self.far = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        lab.processes.append(self.far)
        own = os.readlink("/proc/self/ns/net")
        wait_for("the far end", lambda: os.readlink("/proc/%d/ns/net" % self.far.pid) != own)
        self.make_cable()
        self.in_far("nft", "-f", "-", input=FAULTS)
        self.sniffer = Sniffer(self.far.pid)
        self.start_dns()
        self.start_registrar()
        threading.Thread(target=self.read_log, daemon=True).start()

    def in_far(self, *words, **options):
        return run("nsenter", "-t", str(self.far.pid), "-n", *words, **options)

    def make_cable(self):
        run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
        run("ip", "link", "set", "far", "netns", str(self.far.pid))
        for address in FAR:
            self.in_far("ip", "addr", "add", address + ("/64" if ":" in address else "/16"), "dev",
                        "far", *(["nodad"] if ":" in address else []))
        self.in_far("ip", "link", "set", "lo", "up")
        self.in_far("ip", "link", "set", "far", "up")
        run("ip", "addr", "add", NEAR + "/16", "dev", "near")
        run("ip", "addr", "add", NEAR_SIX + "/64", "dev", "near", "nodad")
        run("ip", "link", "set", "near", "up")
        for name in ("ipv4/conf/near/promote_secondaries", "ipv6/conf/near/keep_addr_on_down"):
            with open("/proc/sys/net/" + name, "w", encoding="ascii") as file:
                file.write("1")
        with open("/etc/resolv.conf", "w", encoding="ascii") as file:
            file.write("nameserver %s\nnameserver %s\n" % (A, SIX))
        with open("/etc/hosts", "a", encoding="ascii") as file:  # Kamailio asks for it at its start
            file.write("%s %s\n" % (A, socket.gethostname()))

    # --- the registrar

    def start_registrar(self):
        modules = next(path for path in ("/usr/lib/x86_64-linux-gnu/kamailio/modules/",
                                         "/usr/lib/aarch64-linux-gnu/kamailio/modules/",
                                         "/usr/lib/kamailio/modules/") if os.path.isdir(path))
        listen = ["listen=tls:%s:%d" % ("[%s]" % address if ":" in address else address, port)
                  for port in self.ports for address in FAR]
        listen.append("listen=udp:%s:%d" % (A, CLOSE_PORT))
        self.lab.write("kamailio.cfg", KAMAILIO.format(
            listen="\n".join(listen), modules=modules, folder=self.lab.folder, password=PASSWORD,
            load="\n".join('loadmodule "%s.so"' % name for name in MODULES)))
        os.chmod(self.lab.path("server.key"), 0o644)
        self.registrar = self.lab.start(
            "kamailio", "nsenter", "-t", str(self.far.pid), "-n",
            shutil.which("kamailio", path="/usr/sbin:/usr/bin"), "-f", self.lab.path("kamailio.cfg"),
            "-DD", "-E", "-m", "64", "-M", "16", "-Y", self.lab.folder, "-w", self.lab.folder)
        wait_for("kamailio", self.registrar_listens, 30, 0.01)

    def registrar_listens(self):
        """Looked at, not tried: a connection of ours would be one that the tests count."""
        if self.registrar.poll() is not None:
            raise AssertionError("kamailio has ended:\n" + self.lab.log("kamailio")[-2000:])
        listening = self.in_far("ss", "-Hltn", "sport = :%d" % self.ports[-1]).stdout
        return len(listening.splitlines()) == len(FAR)

    def stop_registrar(self):
        self.registrar.terminate()
        self.registrar.wait(30)
        self.lab.processes.remove(self.registrar)
        self.registrar = None

    def read_log(self):
        with open(self.lab.path("kamailio.log"), encoding="utf-8", errors="replace") as log:
            rest = ""
            while True:
                part = log.readline()
                if not part:
                    time.sleep(0.005)
                    continue
                rest += part
                if rest.endswith("\n"):
                    self.take_line(rest)
                    rest = ""

    def take_line(self, line):
        for match in re.finditer(r"SAVED (\S+) (\S+) (\d+) (\d+) (\d+) ([\d.]+)", line):
            user, address, port, peer_port, connection, at = match.groups()
            self.saved[user].append(Saved(user, address.strip("[]"), int(port), int(peer_port),
                                          connection, float(at)))

    def close_connection(self, number):
        """The registrar closes it, as it does when it is tired of it: FIN."""
        lines = ["OPTIONS sip:close@%s SIP/2.0" % A,
                 "Via: SIP/2.0/UDP %s:5999;branch=z9hG4bK%s%d" % (NEAR, number, time.time_ns()),
                 "From: <sip:test@%s>;tag=1" % A, "To: <sip:close@%s>" % A, "Call-ID: %d" % time.time_ns(),
                 "CSeq: 1 OPTIONS", "Max-Forwards: 1", "X-Close: " + number, "Content-Length: 0", "", ""]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as order:
            order.sendto("\r\n".join(lines).encode(), (A, CLOSE_PORT))

    def bindings(self):
        """How many contacts the registrar has, by user."""
        said = run(shutil.which("kamcmd", path="/usr/sbin:/usr/bin"), "-s",
                   "unix:" + self.lab.path("kamailio.ctl"), "ul.dump").stdout
        counts, user = collections.Counter(), None
        for line in said.splitlines():
            match = re.match(r"\s*(AoR|Address): (\S+)", line)
            if match and match.group(1) == "AoR":
                user = match.group(2).split("@")[0]
            elif match:
                counts[user] += 1
        return counts

    # --- what breaks

    def fault(self, verb, kind, address, port):
        """add or delete: dead (the server refuses) or mute (it says nothing)."""
        self.in_far("nft", verb, "element", "inet", "faults",
                    kind + ("6" if ":" in address else "4"), "{ %s . %d }" % (address, port))

    def cut(self, *lines):
        """The packets of their connections vanish, both ways; those of the next ones do not."""
        self.in_far("nft", "flush set inet faults cut; add element inet faults cut { %s }" % ", ".join(
            "%d . %d" % (line.saved[-1].peer_port, line.port) for line in lines))

    def heal(self):
        for name in ("dead4", "mute4", "dead6", "mute6", "cut"):
            self.in_far("nft", "flush", "set", "inet", "faults", name)

    def reset(self, *lines):
        """The kernel of the far end resets their connections. It may overlook one while others come
        and go: until none is left."""
        ports = " or ".join("( sport = :%d and dport = :%d )" % (one.port, one.peer_port)
                            for one in (line.saved[-1] for line in lines))
        which = "state", "established", "( %s )" % ports
        self.in_far("ss", "-Kt", *which)
        while self.in_far("ss", "-Htn", *which).stdout.strip():
            self.in_far("ss", "-Kt", *which)

    # --- the DNS

    def start_dns(self):
        self.lab.write("unbound.conf", UNBOUND.format(address=A, six=SIX, folder=self.lab.folder))
        self.lab.start("unbound", "nsenter", "-t", str(self.far.pid), "-n",
                       shutil.which("unbound", path="/usr/sbin:/usr/bin"), "-d", "-c",
                       self.lab.path("unbound.conf"))
        wait_for("unbound", lambda: self.dns("status", check=False).returncode == 0, 20)

    def dns(self, *words, check=True, **options):
        return subprocess.run([shutil.which("unbound-control", path="/usr/sbin:/usr/bin"), "-c",
                               self.lab.path("unbound.conf"), *words], check=check,
                              capture_output=True, text=True, **options)

    def zone(self, name, records, ttl=60, kind="static"):
        """What there is of a zone from now on: lines "owner TYPE data"."""
        self.dns("local_zone_remove", name)
        self.dns("local_zone", name, kind)
        lines = ["%s %d IN %s" % (*record.split(" ", 1)[:1], ttl, record.split(" ", 1)[1])
                 for record in records]
        if lines:
            said = self.dns("local_datas", input="\n".join(lines) + "\n").stdout
            if "added %d" % len(lines) not in said:
                raise AssertionError("unbound: %s: %s" % (lines, said))

    def no_zone(self, name):
        """SERVFAIL: nobody answers the server's own question."""
        self.dns("local_zone_remove", name)


class Line:
    """One daemon, and what is known of it."""

    def __init__(self, world, user, server, port, expires=3600, keepalive=1, wrapper=()):
        self.world, self.user, self.port = world, user, port
        self.events = []  # (time, name)
        self.folder = world.lab.make_folder(user)
        lab = world.lab
        config = [
            'aor = "sips:%s@%s";' % (user, lab.name),
            'password_file = "%s";' % world.password_file,
            'outbound_proxy = "%s";' % server,
            "tls = %s;" % libconfig({"ca_file": lab.path("ca.pem"), "name": lab.name}),
            "hooks = %s;" % libconfig({"dir": lab.hooks}),
            "registration = %s;" % libconfig({"expires": expires, "keepalive": keepalive, "retry": 1}),
            'control = { socket = "%s/control"; };' % self.folder,
            'state_dir = "%s/state";' % self.folder,
            'log = { level = "info"; };']
        path = lab.write(user + ".conf", "\n".join(config) + "\n", 0o640)
        self.process = lab.start(user, *wrapper, os.path.join(BUILDDIR, "offhookd"), "-c", path)
        self.pid = self.process.pid
        threading.Thread(target=self.watch, daemon=True).start()

    @property
    def saved(self):
        return self.world.saved[self.user]

    def watch(self):
        while self.process.poll() is None:
            try:
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(self.folder + "/control")
                    client.sendall(b'{"id":1,"cmd":"watch"}\n')
                    self.read_events(client)
            except OSError:  # not there yet, or there no more
                time.sleep(0.05)

    def read_events(self, client):
        with client.makefile() as lines:
            for line in lines:
                event = json.loads(line).get("event")
                if event:
                    self.events.append((time.time(), event))

    def ask(self, cmd):
        """The answer and the seconds that it took."""
        began = time.monotonic()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(self.folder + "/control")
            client.sendall(json.dumps({"id": 1, "cmd": cmd}).encode() + b"\n")
            with client.makefile() as lines:
                return json.loads(lines.readline()), time.monotonic() - began

    def summary(self):
        try:
            return self.ask("status")[0].get("summary", "")
        except OSError:
            return ""

    def offline_since(self, since):
        return next((at for at, name in self.events if at >= since and name == "offline"), None)

    def saved_since(self, since):
        return [one for one in self.saved if one.at > since]

    def stop(self):
        self.process.terminate()
        status = self.process.wait(20)
        if self.process in self.world.lab.processes:
            self.world.lab.processes.remove(self.process)
        return status
