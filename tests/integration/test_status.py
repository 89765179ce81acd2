# SPDX-License-Identifier: ISC
"""What an operator is told: each thing is broken for real, and the one line of `offhookctl status`,
the STATUS of systemd and the log say in plain words what is wrong, what to do, and when it is tried
again. In networks of our own; several rows run at a time."""
import os
import re
import shutil
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, CERTIFICATE, Lab, Tally, enter_private_network, run, wait_for
from dns_server import Dns
from registrar import Registrar, header

WORKERS = 6
tally = Tally()
NEXT = r"; next try at \d\d:\d\d:\d\d$"


class Systemd:
    """Takes what the daemon notifies."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="offhook-notify-")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.folder + "/notify")
        os.environ["NOTIFY_SOCKET"] = self.folder + "/notify"
        self.lines = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            for line in self.socket.recv(65536).decode().splitlines():
                if line.startswith("STATUS="):
                    self.lines.append(line[len("STATUS="):])

    def end(self):
        shutil.rmtree(self.folder)


def has_systemd():
    with open(os.path.join(BUILDDIR, "build_config.h"), encoding="ascii") as file:
        return bool(re.search(r"^#define HAVE_SYSTEMD 1", file.read(), re.M))


class Odd(Registrar):
    """Answers REGISTER with `status` and these header lines."""
    status = None

    def answer(self, message):
        good = super().answer(message)
        if not self.status:
            return good
        status, *lines = self.status.split("|")
        copied = ["%s: %s" % (name, header(message, name))
                  for name in ("Via", "From", "To", "Call-ID", "CSeq")]
        return "\r\n".join(["SIP/2.0 " + status] + copied + lines + ["Content-Length: 0", "", ""])


def certificate(lab, name, host="lab.example", extra="", is_signed=True):
    template = lab.write(name + ".tmpl", CERTIFICATE.format(
        name=host, serial=9, days=30, usage="tls_www_server\nsigning_key\n" + extra))
    words = ["certtool", "--load-privkey", lab.path("server.key"), "--template", template, "--no-text",
             "--outfile", lab.path(name + ".pem")]
    words += ["--generate-certificate", "--load-ca-certificate", lab.path("ca.pem"), "--load-ca-privkey",
              lab.path("ca.key")] if is_signed else ["--generate-self-signed"]
    run(*words)
    return lab.path(name + ".pem")


def summary(lab):
    return (lab.ask("status") or {}).get("summary", "")


class Bench:
    """A laboratory with a DNS server and one registrar, made anew for each row."""

    def __init__(self, lab, dns, systemd):
        self.lab, self.dns, self.systemd = lab, dns, systemd
        self.server = None

    def serve(self, mode="accept", certificate_file=None, status=None):
        self.server = Odd(certificate_file or self.lab.path("server.pem"), self.lab.path("server.key"),
                          mode=mode)
        self.server.status = status
        return self.server

    def start(self, proxy=None, **extra):
        self.systemd.lines.clear()
        proxy = proxy or "127.0.0.1:%d" % self.server.port
        self.lab.start_daemon(wait=False, outbound_proxy=proxy, **extra)

    def end(self):
        self.lab.stop_daemon()
        if self.server:
            self.server.stop()
        self.server = None

    def expect(self, fact, pattern, seconds=10):
        """The line, the same from systemd, and the reason in the log."""
        def matching():
            text = summary(self.lab)
            return text if re.search(pattern, text) else ""
        try:
            line = wait_for(fact, matching, 2 * seconds)
        except AssertionError:
            tally.check(fact, False, summary(self.lab))
            print(self.lab.log("offhookd")[-2000:])
            return ""
        tally.check(fact, "\n" not in line, line)
        return line

    def check_told(self, fact, line, reason):
        if has_systemd():
            tally.comes("%s: systemd is told the same" % fact, lambda: line in self.systemd.lines, 15)
        logged = [one for one in self.lab.log("offhookd").splitlines()
                  if re.search(r"(error|warning|notice): ", one) and re.search(reason, one)]
        tally.check("%s: the log says it, too" % fact, logged)


# ---- no connection ------------------------------------------------------------------------------

def break_name(bench):
    bench.dns.zone, bench.dns.mode = [], "answer"
    bench.start("lab.example")
    return 'no connection: the name "lab.example" does not exist.*: check outbound_proxy', 10


def break_dns(bench):
    bench.dns.mode = "silent"
    bench.start("lab.example")
    return 'no connection: no DNS server answers when asked for "lab.example": check the network', 30


def break_port(bench):
    bench.start("127.0.0.1:5099")
    return "no connection: cannot connect: Connection refused at 127.0.0.1:5099: nobody listens there: " \
           "check outbound_proxy", 10


def break_path(bench):
    run("nft", "add table inet t; add chain inet t input { type filter hook input priority 0 ; }; "
        "add rule inet t input tcp dport 5098 drop")
    bench.start("127.0.0.1:5098")
    return "no connection: the server at 127.0.0.1:5098 did not answer in time: check the network, " \
           "firewalls and outbound_proxy", 25


def break_handshake(bench):
    bench.serve("silent")
    bench.start()
    return "no connection: the server at .* did not answer in time: it takes connections and does not " \
           "speak TLS: check the port", 25


def break_tls(bench):
    bench.serve("plain")
    bench.start()
    return "no connection: .*TLS", 10


def break_certificate_name(bench):
    bench.serve(certificate_file=certificate(bench.lab, "wrong", "other.example"))
    bench.start()
    return "no connection: .*not for \"lab.example\"", 10


def break_certificate_age(bench):
    bench.serve(certificate_file=certificate(
        bench.lab, "expired", extra="activation_date=\"2020-01-01 00:00:00\"\n"
                                    "expiration_date=\"2020-02-01 00:00:00\""))
    bench.start()
    return "no connection: .*expired", 10


def break_certificate_authority(bench):
    bench.serve(certificate_file=certificate(bench.lab, "selfsigned", is_signed=False))
    bench.start()
    return "no connection: .*(trust|authority|self-signed)", 10


def break_server(bench):
    bench.serve("deaf")
    bench.start()
    return "no connection: ", 10


# ---- no registration ------------------------------------------------------------------------------

def break_password(bench):
    bench.serve().challenge = ("SHA-256", "lab")
    bench.server.password = "battery staple"
    bench.start()
    return "not registered: .*check username and password", 10


def break_account(bench):
    bench.serve(status="403 Forbidden")
    bench.start()
    return r"not registered: the registrar forbids this account: check username and aor, then the password; " \
           r"or as many telephones are registered already as it allows \(403 Forbidden\)", 10


def break_address(bench):
    bench.serve(status="404 Not Found")
    bench.start()
    return r"not registered: the registrar does not know this address: check aor \(404 Not Found\)", 10


def break_digest(bench):
    bench.serve().challenge = ("MD5", "lab")
    bench.start()
    return "not registered: the server offers only MD5: it may not know this user, so check username and aor first; " \
           r"where it cannot do better, auth.allow_md5 = true permits it", 10


def break_service(bench):
    bench.serve(status="503 Service Unavailable|Retry-After: 300")
    bench.start()
    return r"not registered: the registrar is out of service; it is tried again \(503 Service", 10


def break_service_for_long(bench):
    bench.serve(status="503 Service Unavailable|Retry-After: 80000")
    bench.start()
    return r"not registered: the registrar is out of service; .*; next try at \d\d \w+ \d\d:\d\d:\d\d$", 10


def break_answer(bench):
    bench.serve("mute")
    bench.start()
    return "no connection: the registrar does not answer: the connection is made anew", 50


BROKEN = [
    ("the registrar is silent", break_answer),
    ("no DNS server answers", break_dns),
    ("nothing comes back", break_path),
    ("no handshake", break_handshake),
    ("the name does not exist", break_name),
    ("nobody listens", break_port),
    ("no TLS on that port", break_tls),
    ("a certificate for another name", break_certificate_name),
    ("a certificate that has expired", break_certificate_age),
    ("a certificate of an unknown authority", break_certificate_authority),
    ("a server that hangs up", break_server),
    ("a wrong password", break_password),
    ("403", break_account),
    ("404", break_address),
    ("only MD5", break_digest),
    ("503 with Retry-After", break_service),
    ("503 with Retry-After for a day", break_service_for_long),
]


def run_row(bench, row):
    fact, breaks = row
    pattern, seconds = breaks(bench)
    ending = "" if pattern.endswith("$") else ".*" + NEXT
    line = bench.expect(fact, pattern + ending, seconds)
    # Up to the quotation marks, which the log escapes.
    reason = re.escape(re.sub(r"^no[a-z ]*: |;.*", "", line).split('"')[0].strip())
    bench.check_told(fact, line, reason)
    bench.end()


# ---- registered, and yet something is amiss -------------------------------------------------------

def live_registered(bench):
    bench.serve()
    bench.start()
    line = bench.expect("registered", r"registered as sips:alice@lab.example over TLS1.3 until "
                                      r"\d\d:\d\d:\d\d at 127.0.0.1:\d+$")
    bench.check_told("registered", line, "line is online")
    shown = bench.lab.ctl("status").stdout
    tally.check("offhookctl status shows that line", line in shown, shown.splitlines()[:1])
    before = len(bench.systemd.lines)
    for _ in range(300):
        bench.lab.ask("status")
    tally.check("300 turns without news tell systemd nothing", len(bench.systemd.lines) == before,
                bench.systemd.lines[before:])
    bench.end()


def live_reload(bench):
    bench.serve()
    bench.start()
    bench.lab.wait_online()
    good = bench.lab.configure(outbound_proxy="127.0.0.1:%d" % bench.server.port)
    text = open(good, encoding="ascii").read()
    bench.lab.write("offhookd.conf", text.replace("calls = 32", "calls = 0"), 0o640)
    answer = bench.lab.ctl("reload")
    line = bench.expect("a reload that is refused", "registered as .*; the changed configuration is "
                        "refused, the old one stays: .*limits.calls.*1 to 10000")
    bench.check_told("a reload that is refused", line, "configuration is refused.*limits.calls")
    tally.check("offhookctl reload says why", "limits.calls" in answer.stderr, answer.stderr.strip())
    bench.lab.write("offhookd.conf", text, 0o640)
    bench.lab.ctl("reload")
    bench.expect("a good reload ends the complaint", r"registered as .* at 127.0.0.1:\d+$")
    bench.end()


def live_hooks(bench):
    bench.serve()
    bench.lab.hook("online", "echo secret >&2; exit 7")
    bench.start()
    line = bench.expect("a hook that fails",
                        "registered as .*; the hook online fails: offhookctl hooks tells more$")
    bench.check_told("a hook that fails", line, "hook")
    tally.check("what the hook said is not for everybody", "secret" not in line)
    tally.check("offhookctl hooks tells it", "secret" in bench.lab.ctl("hooks").stdout,
                bench.lab.ctl("hooks").stdout)
    bench.lab.hook("online", "exit 0")
    bench.server.cut()
    bench.expect("a hook that has done its work ends the complaint",
                 r"registered as .* at 127.0.0.1:\d+$", 15)
    bench.lab.write("hooks/offline", "no program\n", 0o755)
    bench.server.cut()
    bench.expect("a hook that cannot be run", "the hook offline fails", 15)
    bench.end()
    os.remove(bench.lab.path("hooks/online"))
    os.remove(bench.lab.path("hooks/offline"))


LIVES = [live_registered, live_reload, live_hooks]


def work(number):
    enter_private_network()
    systemd = Systemd()
    with Lab() as lab:
        bench = Bench(lab, Dns(), systemd)
        for index, row in enumerate(BROKEN):
            if index % WORKERS == number:
                run_row(bench, row)
        for index, life in enumerate(LIVES):
            if (index + 3) % WORKERS == number:
                life(bench)
    systemd.end()
    tally.end()


if len(sys.argv) > 1:
    work(int(sys.argv[1]))
else:
    tally.share_out(range(WORKERS))
