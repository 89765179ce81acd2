# SPDX-License-Identifier: ISC
"""A telephone laboratory on loopback: certificates, Kamailio, offhookd, and a caller.

Everything lives in one folder that is removed at the end. Ports are drawn from a range of each
laboratory's own, so that tests can run side by side.
"""
import array
import json
import math
import operator
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import typing

SRCDIR = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILDDIR = os.environ.get("builddir", os.getcwd())
IS_CI = os.environ.get("CI") == "true"
# Whoever is started in the background of a shell has inherited that these are ignored, and would
# hand it on to the programs that are to be stopped by them.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def skip(reason):
    """What this machine does not allow (a container, say) is nobody's fault, in CI neither."""
    print("SKIP:", reason)
    sys.exit(77)


def is_installed(program):
    return bool(shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"))


def need(*programs):
    """A packager without the peers may see a test skipped; CI, where ./bootstrap has installed them,
    must not."""
    for program in programs:
        if not is_installed(program):
            print("SKIP:", program, "is not installed")
            sys.exit(99 if IS_CI else 77)


def can_drop_packets():
    """nft may be there and yet not be allowed; then the part that wants it is skipped, and said."""
    if IS_CI:
        need("nft")
    why = "nft is not installed"
    if is_installed("nft"):
        probe = subprocess.run(["nft", "add table inet probe; delete table inet probe"], check=False,
                               capture_output=True, text=True)
        if probe.returncode == 0:
            return True
        why = (probe.stderr.splitlines() or ["nft cannot be used"])[0]
    print("SKIP: packets cannot be dropped here, a silent cut is not tried:", why)
    return False


def enter_private_network():
    """Runs the test again in network and mount namespaces of its own: loopback alone, and an
    /etc/resolv.conf that it may write without anybody else seeing it."""
    need("unshare", "ip", "mount")
    if os.environ.get("OFFHOOK_PRIVATE") != "yes":
        probe = subprocess.run(["unshare", "-n", "-m", "--propagation", "private", "sh", "-ec",
                                "ip link set lo up; mount -t tmpfs tmpfs /mnt"], check=False,
                               capture_output=True, text=True)
        if probe.returncode:
            skip("no network and mounts of its own here: " +
                 (probe.stderr.splitlines() or ["not allowed"])[-1])
        os.execvpe("unshare", ["unshare", "-n", "-m", "--propagation", "private", sys.executable,
                               *sys.argv], dict(os.environ, OFFHOOK_PRIVATE="yes"))
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "tmpfs", "/mnt")
    for name in ("resolv.conf", "hosts"):
        path = os.path.join("/mnt", name)
        with open(path, "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n" if name == "hosts" else "nameserver 127.0.0.53\n")
        run("mount", "--bind", path, os.path.join("/etc", name))


def is_instrumented():
    """Built with sanitizers or for coverage: its memory and speed are not the daemon's."""
    with open(os.path.join(BUILDDIR, "offhookd"), "rb") as file:
        program = file.read()
    return any(mark in program for mark in (b"__asan_", b"__ubsan_", b"__gcov_"))


def wait_for(what, check, seconds=10.0, step=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(step)
    raise AssertionError("waited %.1f s in vain for %s" % (seconds, what))


def children_of(pid):
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as file:
                if int(file.read().rsplit(")", 1)[1].split()[1]) == pid:
                    yield int(name)
        except (OSError, IndexError):
            pass


def waits_of(pid):
    """For how many ms each of its threads was ready to run while no processor was free for it."""
    waits = {}
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, thread), encoding="ascii") as file:
                waits[int(thread)] = int(file.read().split()[1]) / 1e6
    except (OSError, IndexError):
        pass  # it has ended, or this kernel does not count
    return waits


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


KAMAILIO = """#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=1
tcp_connection_lifetime=3700
tcp_accept_no_cl=no
enable_tls=yes
listen=udp:127.0.0.1:{udp}
listen=tls:127.0.0.1:{tls}
mpath="{modules}"
loadmodule "tls.so"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "tmx.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
modparam("auth", "algorithm", "SHA-256")
modparam("auth", "qop", "auth")
modparam("auth", "nonce_expire", 300)
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "private_key", "{folder}/server.key")
modparam("tls", "certificate", "{folder}/server.pem")
modparam("registrar", "max_expires", {expires})
modparam("registrar", "min_expires", 5)
modparam("registrar", "max_contacts", 1)
modparam("usrloc", "db_mode", 0)
modparam("tm", "fr_timer", 20000)
modparam("tm", "fr_inv_timer", 60000)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (!is_method("ACK") && t_precheck_trans()) {{ t_check_trans(); exit; }}
    t_check_trans();
    if (has_totag()) {{
        if (loose_route()) {{
            # A telephone whose 180 has no Contact is still asked by what was dialled (PRACK).
            if ($rd == "{name}" && $rU =~ "^phone-") {{
                $du = "sip:127.0.0.1:" + $(rU{{s.select,1,-}}) + ";transport=udp";
            }}
            t_relay(); exit;
        }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "Not Here"); exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("$td", "{password}", "0")) {{ www_challenge("$td", "17"); exit; }}
        save("location"); exit;
    }}
    # phone-PORT is a telephone at that UDP port; auth-PORT the same behind a challenge.
    if ($rU =~ "^auth-" && !pv_proxy_authenticate("$fd", "{password}", "0")) {{
        proxy_challenge("$fd", "17"); exit;
    }}
    if ($rU =~ "^(phone|auth)-") {{
        $du = "sip:127.0.0.1:" + $(rU{{s.select,1,-}}) + ";transport=udp";
        record_route(); t_relay(); exit;
    }}
    {routes}
    if (!lookup("location")) {{ sl_send_reply("404", "Not Registered"); exit; }}
    record_route();
    t_relay();
}}
"""

CERTIFICATE = """cn = "{name}"
dns_name = "{name}"
serial = {serial}
expiration_days = {days}
{usage}
"""


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options)


def libconfig(value):
    """A value as the configuration file writes it; a dict becomes a group."""
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{ %s }" % " ".join("%s = %s;" % (key, libconfig(one)) for key, one in value.items())


class Answer(typing.NamedTuple):
    """Of offhookctl."""
    returncode: int
    stdout: str
    stderr: str


class Lab:
    """The folder, the certificates and the processes."""

    def __init__(self, expires=60, password="correct horse", name="lab.example"):
        need("kamailio", "certtool")
        self.folder = tempfile.mkdtemp(prefix="offhook-")
        os.chmod(self.folder, 0o755)
        self.password = password
        self.name = name
        self.expires = expires
        self.udp = free_port(socket.SOCK_DGRAM)
        self.tls = free_port()
        self.processes = []
        self.kamailio = None
        self.daemon = None
        self.waits, self.counting = {}, threading.Lock()
        self.routes = ""  # of numbers, before start_kamailio
        self.hooks = self.make_folder("hooks")
        self.make_certificates()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind and kind is not SystemExit:
            self.show_logs()
        self.stop()

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_folder(self, name):
        os.makedirs(self.path(name), exist_ok=True)
        return self.path(name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def hook(self, event, text, interpreter="/bin/sh"):
        path = self.write("hooks/" + event, "#!%s\n%s\n" % (interpreter, text), 0o755)
        return path

    def make_certificates(self):
        for name in ("ca", "server"):
            run("certtool", "--generate-privkey", "--key-type", "ecdsa", "--curve", "secp256r1",
                "--no-text", "--outfile", self.path(name + ".key"))
        ca = self.write("ca.tmpl", CERTIFICATE.format(name="Throw-away CA", serial=1, days=30,
                                                      usage="ca\ncert_signing_key"))
        run("certtool", "--generate-self-signed", "--load-privkey", self.path("ca.key"),
            "--template", ca, "--no-text", "--outfile", self.path("ca.pem"))
        server = self.write("server.tmpl", CERTIFICATE.format(
            name=self.name, serial=2, days=30, usage="tls_www_server\nsigning_key"))
        run("certtool", "--generate-certificate", "--load-privkey", self.path("server.key"),
            "--load-ca-certificate", self.path("ca.pem"), "--load-ca-privkey", self.path("ca.key"),
            "--template", server, "--no-text", "--outfile", self.path("server.pem"))

    def start(self, name, *words, env=None):
        log = open(self.path(name + ".log"), "ab")
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        log.close()
        self.processes.append(process)
        return process

    def log(self, name):
        try:
            with open(self.path(name + ".log"), errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def show_logs(self):
        for name in ("offhookd", "kamailio"):
            print("---- end of %s.log" % name)
            print("\n".join(self.log(name).splitlines()[-40:]))

    def start_kamailio(self):
        modules = next((path for path in ("/usr/lib/x86_64-linux-gnu/kamailio/modules/",
                                          "/usr/lib/aarch64-linux-gnu/kamailio/modules/",
                                          "/usr/lib/kamailio/modules/") if os.path.isdir(path)), "")
        self.write("kamailio.cfg", KAMAILIO.format(
            udp=self.udp, tls=self.tls, folder=self.folder, password=self.password,
            expires=self.expires, modules=modules, name=self.name, routes=self.routes))
        os.chmod(self.path("server.key"), 0o644)
        self.kamailio = self.start("kamailio", shutil.which("kamailio", path="/usr/sbin:/usr/bin"),
                                   "-f", self.path("kamailio.cfg"), "-DD", "-E", "-m", "32",
                                   "-M", "8", "-Y", self.folder, "-w", self.folder)
        wait_for("kamailio's TLS port", self.tls_port_is_open)

    def route(self, number, phone):
        """Calls to that number reach that telephone."""
        self.routes += ('if ($rU == "%s") { $du = "sip:%s;transport=udp"; record_route(); '
                        "t_relay(); exit; }\n    " % (number, phone.me))

    def tls_port_is_open(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.tls)) == 0

    def stop_kamailio(self, how=signal.SIGKILL):
        """The whole process group of the registrar, as a power cut would."""
        if not self.kamailio:
            return
        subprocess.run(["pkill", "-KILL", "-P", str(self.kamailio.pid)], check=False)
        self.kamailio.send_signal(how)
        self.kamailio.wait(10)
        self.processes.remove(self.kamailio)
        self.kamailio = None

    def configure(self, **extra):
        lines = ['aor = "%s:alice@%s";' % (extra.pop("scheme", "sips"), self.name), 'name = "home";',
                 'outbound_proxy = "%s";' % extra.pop("outbound_proxy", "127.0.0.1:%d" % self.tls),
                 'password_file = "%s";' % self.write("password", self.password + "\n", 0o600),
                 'tls = { ca_file = "%s"; name = "%s"; };' % (self.path("ca.pem"), self.name),
                 'hooks = { dir = "%s"; decide = %d; linger = %d; };'
                 % (self.hooks, extra.pop("decide", 5), extra.pop("linger", 5)),
                 'registration = { expires = %d; keepalive = %d; retry = 1; };'
                 % (extra.pop("expires", self.expires), extra.pop("keepalive", 20)),
                 'audio = { rate = %d; ports = "20000-29999"; srtp = "%s"; %s };'
                 % (extra.pop("rate", 8000), extra.pop("srtp", "auto"),
                    "codecs = [ \"%s\" ];" % extra.pop("codec") if "codec" in extra else ""),
                 'control = { socket = "%s"; };' % self.path("control"),
                 'log = { level = "debug"; };',
                 'state_dir = "%s";' % self.make_folder("state"),
                 'limits = { calls = %d; };' % extra.pop("calls", 32)]
        lines += ['%s = %s;' % (key, libconfig(value)) for key, value in extra.items()]
        return self.write("offhookd.conf", "\n".join(lines) + "\n", 0o640)

    def start_daemon(self, *options, wrapper=(), wait=True, **extra):
        config = self.configure(**extra)
        self.daemon = self.start("offhookd", *wrapper, os.path.join(BUILDDIR, "offhookd"), "-c",
                                 config, *options)
        if wait:
            self.wait_online()
        return self.daemon

    def stop_daemon(self, seconds=15):
        self.daemon.send_signal(signal.SIGTERM)
        status = self.daemon.wait(seconds)
        self.processes.remove(self.daemon)
        self.daemon = None
        return status

    def ctl(self, *words, env=None):
        """Runs offhookctl."""
        result = subprocess.run([os.path.join(BUILDDIR, "offhookctl"), *words], capture_output=True,
                                text=True, timeout=60, check=False,
                                env={"PATH": BUILDDIR + ":/usr/bin:/bin", "TZ": "UTC",
                                     "OFFHOOK_SOCKET": self.path("control"), **(env or {})})
        return Answer(result.returncode, result.stdout, result.stderr)

    def ask(self, cmd, **fields):
        """One command on the control socket; None when the daemon is not there."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5)
                client.connect(self.path("control"))
                client.sendall(json.dumps(dict(fields, id=1, cmd=cmd)).encode() + b"\n")
                answer = b""
                while not answer.endswith(b"\n"):
                    part = client.recv(65536)
                    if not part:
                        return None
                    answer += part
                return json.loads(answer)
        except OSError:
            return None

    def is_online(self):
        answer = self.ask("status")
        return bool(answer and answer.get("registered") and answer.get("connection") == "connected")

    def wait_online(self, seconds=15):
        def check():
            if self.daemon.poll() is not None:
                raise AssertionError("offhookd has ended with %s" % self.daemon.returncode)
            return self.is_online()
        wait_for("the registration", check, seconds)

    def stood_still_ms(self):
        """How long this machine has let the daemon, its children and us wait so far."""
        pids = [os.getpid(), self.daemon.pid, *children_of(self.daemon.pid)]
        now = [waits_of(pid) for pid in pids]
        with self.counting:
            for one in now:
                self.waits.update(one)
            return sum(self.waits.values())

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=False)
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


# ---- sound ----------------------------------------------------------------------------------

def linear_to_ulaw(sample):
    sign = 0x80 if sample < 0 else 0
    sample = min(abs(sample), 32635) + 132
    exponent = max(sample.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | sample >> (exponent + 3) & 15) & 255


def ulaw_to_linear(code):
    code = ~code & 255
    value = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return -value if code & 0x80 else value


ULAW = bytes(linear_to_ulaw(value - 65536 if value > 32767 else value) for value in range(65536))
LINEAR = [ulaw_to_linear(code) for code in range(256)]


def tone(seconds, seed=1, rate=8000):
    """Speech-like noise that resembles nothing but itself."""
    chance = random.Random(seed)
    value, samples = 0.0, []
    for i in range(int(seconds * rate)):
        value = 0.7 * value + chance.uniform(-1, 1)
        samples.append(int(4000 * value * (0.6 + 0.4 * math.sin(i / 400.0 + seed))))
    return [max(-32768, min(32767, sample)) for sample in samples]


def correlate(wanted, heard, step=1):
    """The best normalised correlation of `wanted` anywhere in `heard`, and where."""
    best, place = 0.0, 0
    energy = math.sqrt(sum(a * a for a in wanted)) or 1.0
    for shift in range(0, max(1, len(heard) - len(wanted) + 1), step):
        part = heard[shift:shift + len(wanted)]
        if len(part) < len(wanted) // 2:
            break
        own = math.sqrt(sum(b * b for b in part))
        if own:
            score = sum(a * b for a, b in zip(wanted, part)) / (energy * own)
            if score > best:
                best, place = score, shift
    return best, place


PIECE = 80   # samples: 10 ms
CLOSE = 0.8  # of 20 ms


def codes(samples):
    """As PCMU; both zeros are one."""
    return bytes(ULAW[sample & 0xffff] for sample in samples).replace(b"\x7f", b"\xff")


def places_of(spoken, heard):
    """Where each 10 ms of `spoken` stand in `heard`, -1 where they do not. A busy machine moves them
    against each other and loses some, hence sound is judged by its pieces. What went through PCMU and
    back at 8 kHz has stayed as it was."""
    said, text, after, places = codes(spoken), codes(heard), 0, []
    for at in range(0, len(said) - PIECE + 1, PIECE):
        places.append(text.find(said[at:at + PIECE], after))
        after = max(after, places[-1] + 1)
    return places


def like(wanted, part):
    """From -1 to 1; 0 where one of them is silent, or too short."""
    own = sum(map(operator.mul, part, part)) * sum(map(operator.mul, wanted, wanted))
    if not own or len(part) < len(wanted):
        return 0.0
    return sum(map(operator.mul, wanted, part)) / math.sqrt(own)


def likenesses(wanted, heard, reach=4000):
    """The same for what was resampled or mixed on its way: (likeness, place) of each 20 ms, looked for
    where the one before ends, then half a second around."""
    found, next_place = [], None
    for at in range(0, len(wanted) - 2 * PIECE + 1, 2 * PIECE):
        piece = wanted[at:at + 2 * PIECE]

        def best(places):
            return max(((like(piece, heard[place:place + len(piece)]), place) for place in places
                        if place >= 0), default=(0.0, -1))
        match, place = best(range(next_place - 1, next_place + 2)) if next_place is not None else (0, -1)
        if match < CLOSE:
            first = 0 if next_place is None else next_place - 2 * PIECE
            last = len(heard) if next_place is None else next_place + reach
            match, place = max((match, place), best(range(max(0, first), min(last, len(heard)))))
        found.append((match, place))
        if match >= CLOSE:
            next_place = place + len(piece)
        elif next_place is not None:
            next_place += len(piece)
    return found


def share_heard(spoken, heard):
    """How much of it is there, in its order: 0 to 1."""
    places = places_of(spoken, heard)
    return sum(place >= 0 for place in places) / max(1, len(places))


def share_like(spoken, heard):
    """How much of it is there but for codecs and resamplers: 0 to 1."""
    found = likenesses(spoken, heard)
    return sum(match >= CLOSE for match, _ in found) / max(1, len(found))


# ---- the caller -----------------------------------------------------------------------------

ENOUGH = 0.8  # of an echo; 40 ms in 200 ms may be lost on the way
LATE_MS = 40  # what a jitter buffer bridges
ATTEMPTS = 5


class Caller:
    """A telephone of a few lines: SIP over UDP to the proxy, PCMU over RTP."""

    def __init__(self, lab, to="alice", user="4930123456", headers=(), name=None, uri=None):
        self.lab = lab
        self.sip = self.bind()
        self.rtp, self.rtcp = self.bind_pair()
        self.me = "127.0.0.1:%d" % self.sip.getsockname()[1]
        self.target = "sip:%s@%s" % (to, lab.name)
        self.request_uri = self.target
        self.call_id = "%016x@caller" % random.getrandbits(64)
        self.tag = "%08x" % random.getrandbits(32)
        self.sender = uri or "sip:%s@caller.example" % user
        self.display = name
        self.headers = list(headers)
        self.to_header = "<%s>" % self.target
        self.routes = []
        self.cseq = 1
        self.remote = None
        self.inbox = b""
        self.ssrc = random.getrandbits(32)
        self.sequence = random.getrandbits(15)
        self.timestamp = random.getrandbits(31)
        self.requests = []
        self.branch = None

    @staticmethod
    def bind(port=0):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", port))
        return sock

    @classmethod
    def bind_pair(cls):
        """RTP on an even port and RTCP on the next (RFC 3550 11): else the daemon's RTCP reports
        reach whoever has that port, such as another caller's SIP."""
        while True:
            rtp = cls.bind()
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                try:
                    return rtp, cls.bind(port + 1)
                except OSError:
                    pass
            rtp.close()

    def close(self):
        self.sip.close()
        self.rtp.close()
        self.rtcp.close()

    def sdp(self, direction="sendrecv", formats="0 101", extra=""):
        port = self.rtp.getsockname()[1]
        return ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                "m=audio %d RTP/AVP %s\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
                "a=%s\r\n%s" % (port, formats, direction, extra))

    def send(self, method, body="", cseq=None, headers=(), branch=None,
             kind="application/sdp"):
        branch = branch or "z9hG4bK%016x" % random.getrandbits(64)
        quoted = ('"%s" ' % self.display) if self.display is not None else ""
        lines = ["%s %s SIP/2.0" % (method, self.request_uri),
                 "Via: SIP/2.0/UDP %s;branch=%s;rport" % (self.me, branch),
                 "Max-Forwards: 70",
                 "From: %s<%s>;tag=%s" % (quoted, self.sender, self.tag),
                 "To: " + self.to_header, "Call-ID: " + self.call_id,
                 "CSeq: %d %s" % (cseq or self.cseq, method),
                 "Contact: <sip:caller@%s>" % self.me]
        lines += ["Route: " + route for route in self.routes] + self.headers + list(headers)
        if body:
            lines.append("Content-Type: " + kind)
        body = body.encode() if isinstance(body, str) else body
        lines.append("Content-Length: %d" % len(body))
        data = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
        self.sip.sendto(data, ("127.0.0.1", self.lab.udp))
        return branch

    def receive(self, seconds):
        self.sip.settimeout(seconds)
        try:
            return self.sip.recv(65536).decode("utf-8", "replace")
        except (socket.timeout, TimeoutError):
            return None

    @staticmethod
    def header(message, name):
        return [value.strip() for value in
                re.findall(r"(?im)^%s\s*:(.*)$" % re.escape(name), message)]

    def answer(self, request, status="200 OK"):
        lines = ["SIP/2.0 " + status]
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            lines += ["%s: %s" % (name, value) for value in self.header(request, name)]
        self.sip.sendto("\r\n".join(lines + ["Content-Length: 0", "", ""]).encode(),
                        ("127.0.0.1", self.lab.udp))

    def invite(self, body=None, headers=(), seconds=20, until=200):
        """Calls, and returns (final status, all statuses). ACKs by itself."""
        body = self.sdp() if body is None else body
        self.branch = self.send("INVITE", body, headers=headers)
        statuses = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.receive(max(0.01, end - time.monotonic()))
            if not message or not message.startswith("SIP/2.0"):
                continue
            if "INVITE" not in self.header(message, "CSeq")[0]:
                continue
            status = int(message.split()[1])
            statuses.append(status)
            self.last = message
            if status < until and status < 200:
                continue
            if status < 200:
                return status, statuses
            self.finish_invite(message, status)
            return status, statuses
        return None, statuses

    def finish_invite(self, message, status):
        self.to_header = self.header(message, "To")[0]
        if status < 300:
            self.request_uri = re.search(r"<([^>]*)>", self.header(message, "Contact")[0]).group(1)
            self.routes = [route for value in reversed(self.header(message, "Record-Route"))
                           for route in reversed(value.split(","))]
            match = re.search(r"m=audio (\d+)", message)
            self.remote = ("127.0.0.1", int(match.group(1))) if match else None
            self.send("ACK")
        else:
            self.send("ACK", branch=self.branch)

    def cancel(self):
        self.send("CANCEL", branch=self.branch)

    def bye(self, seconds=5):
        self.cseq += 1
        self.send("BYE")
        return self.wait_status("BYE", seconds)

    def wait_status(self, method, seconds=5):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.receive(max(0.01, end - time.monotonic()))
            if message and message.startswith("SIP/2.0") and \
                    method in self.header(message, "CSeq")[0]:
                status = int(message.split()[1])
                if status >= 200:
                    return status
        return None

    def wait_bye(self, seconds=10):
        """True when the far end hangs up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.receive(max(0.01, end - time.monotonic()))
            if message and message.startswith("BYE "):
                self.requests.append(message)
                self.answer(message)
                return True
        return False

    def packet(self, samples, marker=False):
        header = struct.pack("!BBHII", 0x80, 0x80 if marker else 0, self.sequence & 0xffff,
                             self.timestamp & 0xffffffff, self.ssrc)
        self.sequence += 1
        self.timestamp += len(samples)
        return header + bytes(ULAW[sample & 0xffff] for sample in samples)

    def event_packets(self, digit, ticks=5):
        """A telephone-event of 20 ms a tick (RFC 4733), whose end comes three times."""
        event = "0123456789*#ABCD".index(digit)
        start = self.timestamp & 0xffffffff
        for number in range(1, ticks + 3):
            is_end = number >= ticks
            header = struct.pack("!BBHII", 0x80, 101 | (0x80 if number == 1 else 0),
                                 self.sequence & 0xffff, start, self.ssrc)
            self.sequence += 1
            self.timestamp += 160
            yield header + struct.pack("!BBH", event, 10 | (0x80 if is_end else 0),
                                       min(number, ticks) * 160)

    def press(self, digits):
        """Telephone-events, with 60 ms between them."""
        for digit in digits:
            for data in self.event_packets(digit):
                self.rtp.sendto(data, self.remote)
                time.sleep(0.02)
            self.timestamp += 480
            time.sleep(0.06)

    def talk(self, samples, tail=0.5):
        """Sends in real time, returns what was heard meanwhile and `tail` seconds after.
        `worst_ms` is by how much this machine was late for its own packets."""
        heard = {}
        self.worst_ms = 0
        self.rtp.setblocking(False)
        start, index = time.monotonic(), 0
        frames = [samples[i:i + 160] for i in range(0, len(samples), 160)]
        silence = [0] * 160
        total = len(frames) + int(tail * 50)
        while index < total:
            frame = frames[index] if index < len(frames) else silence
            self.worst_ms = max(self.worst_ms, (time.monotonic() - start - index * 0.02) * 1000)
            self.rtp.sendto(self.packet(frame, index == 0), self.remote)
            index += 1
            while time.monotonic() < start + index * 0.02:
                self.listen(heard)
                time.sleep(0.002)
        self.listen(heard)
        return self.join(heard)

    def echo(self, samples, tail=0.5, share_of=share_heard):
        """How much of it is heard again. Where this machine stood still for longer than a jitter
        buffer bridges, nothing can be said of the daemon: once more, in the same call."""
        for _ in range(ATTEMPTS):
            before = self.lab.stood_still_ms()
            share = share_of(samples, self.talk(samples, tail))
            if share >= ENOUGH or self.lab.stood_still_ms() - before < LATE_MS:
                break
        return share

    def listen(self, heard):
        while True:
            try:
                data = self.rtp.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if len(data) > 12 and data[1] & 0x7f == 0:
                _, _, _, timestamp = struct.unpack("!BBHI", data[:8])
                heard[timestamp] = data[12:]

    @staticmethod
    def join(heard):
        samples = array.array("h")
        for timestamp in sorted(heard):
            samples.extend(LINEAR[code] for code in heard[timestamp])
        return list(samples)


class Callee(Caller):
    """A telephone that is called: the daemon dials `phone-PORT` or `auth-PORT`."""

    def __init__(self, lab, **options):
        super().__init__(lab, **options)
        port = self.sip.getsockname()[1]
        self.number = "phone-%d" % port
        self.guarded = "auth-%d" % port
        self.invitation = None

    def wait_request(self, method, seconds=10):
        """The next request of that method; others are answered 200 on the way."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.receive(max(0.01, end - time.monotonic()))
            if not message or message.startswith("SIP/2.0"):
                continue
            if message.startswith(method + " "):
                self.requests.append(message)
                return message
            if not message.startswith("ACK "):
                self.answer(message)
        return None

    def wait_invite(self, seconds=10):
        self.invitation = self.wait_request("INVITE", seconds)
        if self.invitation:
            match = re.search(r"m=audio (\d+)", self.invitation)
            self.remote = ("127.0.0.1", int(match.group(1))) if match else None
            self.call_id = self.header(self.invitation, "Call-ID")[0]
            self.sender_value = self.header(self.invitation, "To")[0] + ";tag=" + self.tag
            self.to_header = self.header(self.invitation, "From")[0]
            self.routes = [route for value in self.header(self.invitation, "Record-Route")
                           for route in value.split(",")]
            self.request_uri = re.search(r"<([^>]*)>",
                                         self.header(self.invitation, "Contact")[0]).group(1)
        return self.invitation

    def respond(self, status, body="", headers=(), request=None):
        """A response to the INVITE (or `request`), with our tag and Contact."""
        request = request or self.invitation
        lines = ["SIP/2.0 " + status]
        for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq"):
            for value in self.header(request, name):
                if name == "To" and "tag=" not in value:
                    value += ";tag=" + self.tag
                lines.append("%s: %s" % (name, value))
        lines += ["Contact: <sip:callee@%s>" % self.me] + list(headers)
        if body:
            lines.append("Content-Type: application/sdp")
        lines += ["Content-Length: %d" % len(body), "", body]
        self.sip.sendto("\r\n".join(lines).encode(), ("127.0.0.1", self.lab.udp))

    def bye(self, seconds=5):
        """The callee hangs up: its From is the INVITE's To."""
        self.cseq += 100
        lines = ["BYE %s SIP/2.0" % self.request_uri,
                 "Via: SIP/2.0/UDP %s;branch=z9hG4bK%016x;rport" % (self.me,
                                                                   random.getrandbits(64)),
                 "Max-Forwards: 70", "From: " + self.sender_value, "To: " + self.to_header,
                 "Call-ID: " + self.call_id, "CSeq: %d BYE" % self.cseq]
        lines += ["Route: " + route for route in self.routes] + ["Content-Length: 0", "", ""]
        self.sip.sendto("\r\n".join(lines).encode(), ("127.0.0.1", self.lab.udp))
        return self.wait_status("BYE", seconds)


class Tally:
    """Counts facts, prints them, ends with the plain closing line."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, fact, is_true, detail=""):
        self.passed += bool(is_true)
        self.failed += not is_true
        print("%s %s%s" % ("ok  " if is_true else "FAIL", fact, ": " + str(detail) if detail else ""),
              flush=True)
        return is_true

    def comes(self, fact, condition, seconds=10.0):
        """Waits for it. What never comes is counted, and the test goes on; returns the last value."""
        end = time.monotonic() + seconds
        value = condition()
        while not value and time.monotonic() < end:
            time.sleep(0.05)
            value = condition()
        shown = "" if value is True else value if value else "not within %.0f s" % seconds
        self.check(fact, value, shown if isinstance(shown, str) else "")
        return value

    def fairly(self, fact, lab, attempt):
        """Checks what `attempt` finds: (whether it is right, a detail). What has failed while this
        machine stood still for the daemon or for us says nothing: once more."""
        for _ in range(ATTEMPTS):
            before = lab.stood_still_ms()
            is_right, detail = attempt()
            if is_right or lab.stood_still_ms() - before < LATE_MS:
                break
        return self.check(fact, is_right, detail)

    def share_out(self, parts):
        """Runs this test for each part side by side, with its name as the last word, and ends with
        what they have counted. For rows that mostly wait."""
        running = [subprocess.Popen([sys.executable, *sys.argv, str(part)], stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True) for part in parts]
        for worker in running:
            out, _ = worker.communicate()
            if worker.returncode in (77, 99):
                print(out)
                sys.exit(worker.returncode)
            lines = out.splitlines()
            closing = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1] if lines else "")
            print("\n".join(lines[:-1] if closing else lines), flush=True)
            self.passed += int(closing.group(1)) if closing else 0
            self.failed += int(closing.group(2)) if closing else 1
        self.end()

    def end(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        sys.exit(1 if self.failed else 0)
