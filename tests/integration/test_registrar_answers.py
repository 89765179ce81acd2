# SPDX-License-Identifier: ISC
"""What a registrar may answer, odd or broken, and what the line makes of it: it lives, never asks
faster than the law or the registrar's own wish, says what is wrong in one line, and is registered
again once the registrar behaves. Each row is a daemon's life; several run at a time."""
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tally, wait_for
from registrar import Registrar, header

WORKERS = 12
QUICK = 3.5     # what a registration may take where nothing is to be waited for
SLACK = 6       # of a busy machine
FLOW_S = 32     # timer F
FRESH_S = 8     # and on a connection that has answered nothing yet
tally = Tally()
CHALLENGE = 'WWW-Authenticate: Digest realm="%s", nonce="%s", algorithm=%s, qop="auth"'
RIGHT = CHALLENGE % ("x", "n%d", "SHA-256")


class Scripted(Registrar):
    """Answers the first REGISTERs by `script`, all others with 200. An entry is a status line and
    header lines, "|" between them; None is silence, bytes are sent as they are, a list is several of
    these, CLOSE hangs up. {contact} is ours."""

    def __init__(self, lab):
        self.script = []
        self.texts = []
        self.times = []
        self.options = []
        self.answers_options = True
        self.pongs = True
        super().__init__(lab.path("server.pem"), lab.path("server.key"))

    def take(self, stream, data):
        if not self.pongs:
            while data.startswith(b"\r\n\r\n"):
                self.pings.append(time.monotonic())
                data = data[4:]
        while data.startswith(b"OPTIONS ") and b"\r\n\r\n" in data:
            message, _, data = data.partition(b"\r\n\r\n")
            self.options.append(time.monotonic())
            if self.answers_options:
                stream.sendall(reply(message.decode() + "\r\n\r\n", "405 No|"))
        return super().take(stream, data)

    def register(self, stream, message):
        self.texts.append(message)
        self.times.append(time.monotonic())
        entry = self.script.pop(0) if self.script else "200 OK|Contact: {contact}"
        for one in entry if isinstance(entry, list) else [entry]:
            if one is CLOSE:
                stream.close()
                raise OSError("closed")
            if callable(one):
                one = one(message)
            if isinstance(one, str):
                one = reply(message, one)
            if one:
                stream.sendall(one)


CLOSE = object()


def reply(message, entry, **changes):
    status, *lines = entry.split("|")
    out = ["SIP/2.0 " + status]
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        value = header(message, name)
        if name == "To" and not status.startswith("1"):
            value += ";tag=r"
        out.append("%s: %s" % (name, changes.get(name.replace("-", ""), lambda one: one)(value)))
    out += [line.replace("{contact}", header(message, "Contact")) for line in lines if line]
    return "\r\n".join(out + ["Content-Length: 0", "", ""]).encode()


def changed(**changes):
    return lambda message: reply(message, "200 OK|Contact: {contact}", **changes)


def wrong_branch(value):
    return value.replace("branch=z9hG4bK", "branch=z9hG4bKx")


def foreign(message):
    """A 200 to a REGISTER that nobody has sent, of another connection perhaps."""
    return reply(message, "200 OK|Contact: {contact}", Via=wrong_branch,
                 CallID=lambda value: "x" + value, CSeq=lambda value: "900 REGISTER")


OK = "200 OK|Contact: {contact}"
OTHERS = "<sip:alice@192.0.2.8:5060>;expires=7200, {contact}, <sip:alice@192.0.2.9>;expires=5"

# What a row wants.
ONLINE, FAULT, REFUSED, UNANSWERED = "online", "fault", "refused", "unanswered"
# ONLINE: registered without a pause. FAULT: again by the law, whose base is one second here, or
# when Retry-After says. REFUSED: five minutes at least. UNANSWERED: another connection after 8 s, or timer F.
# Row: name, script, kind, how many REGISTERs until then (None: not counted), what status must say,
# least seconds until the next REGISTER.
ROWS = [
    ("200", [OK], ONLINE, 1, "", 0),
    ("200 without Contact", ["200 OK"], ONLINE, 1, "", 0),
    ("200 with three Contacts", ["200 OK|Contact: " + OTHERS], ONLINE, 1, "", 0),
    ("200 with a foreign Contact alone", ["200 OK|Contact: <sip:bob@192.0.2.8>;expires=9"], ONLINE, 1, "",
     0),
    ("200 with expires=4294967295", ["200 OK|Contact: {contact};expires=4294967295|Expires: 4294967295"],
     ONLINE, 1, "", 0),
    ("200 with expires=-1", ["200 OK|Contact: <sip:alice@192.0.2.1>;expires=-1|Expires: -1"], ONLINE, 1,
     "", 0),
    ("200 with a word for expires", ["200 OK|Contact: <sip:alice@192.0.2.1>;expires=soon"], ONLINE, 1, "",
     0),
    ("200 with expires=0", ["200 OK|Contact: <sip:alice@192.0.2.1>;expires=0"], REFUSED, 1, "grants 0 s",
     0),
    ("200 with Expires: 0 and no Contact", ["200 OK|Expires: 0"], REFUSED, 1, "grants 0 s", 0),
    ("200 with two Service-Routes", [OK + "|Service-Route: <sip:a.example;lr>, <sip:b.example;lr>"],
     ONLINE, 1, "", 0),
    ("200 with malformed Service-Routes", [OK + "|Service-Route: <sip:a|Service-Route: *|Service-Route: "
                                           "http://x"], ONLINE, 1, "", 0),
    ("200 with a GRUU", [OK + ';pub-gruu="sip:alice@lab.example;gr=1"'], ONLINE, 1, "", 0),
    ("two 200s", [[OK, OK]], ONLINE, 1, "", 0),
    ("401 behind the 200", [[OK, "401 Unauthorized|" + RIGHT % 1]], ONLINE, 1, "", 0),
    ("403 behind the 200", [[OK, "403 Forbidden"]], ONLINE, 1, "", 0),
    ("a 200 that nobody asked for, then the right one", [[foreign, OK]], ONLINE, 1, "", 0),
    ("100, 180 and 200", [["100 Trying", "180 Ringing", OK]], ONLINE, 1, "", 0),
    ("401", ["401 Unauthorized|" + RIGHT % 1], ONLINE, 2, "", 0),
    ("407", ["407 Proxy|" + (RIGHT % 1).replace("WWW", "Proxy")], ONLINE, 2, "", 0),
    ("401, then 407", ["401 Unauthorized|" + RIGHT % 1, "407 Proxy|" + (RIGHT % 1).replace(
        "WWW", "Proxy").replace('"x"', '"p"')], ONLINE, 3, "", 0),
    ("407, then 401", ["407 Proxy|" + (RIGHT % 1).replace("WWW", "Proxy").replace('"x"', '"p"'),
                       "401 Unauthorized|" + RIGHT % 1], ONLINE, 3, "", 0),
    ("401 with a stale nonce", ["401 Unauthorized|" + RIGHT % 1, "401 Unauthorized|" + RIGHT % 2 +
                                ", stale=true"], ONLINE, 3, "", 0),
    ("401 with new nonces without end", ["401 Unauthorized|" + RIGHT % i for i in range(50)], REFUSED, 2,
     "password", 0),
    ("401, each of them stale, without end", ["401 Unauthorized|" + RIGHT % i + ", stale=true"
                                              for i in range(50)], REFUSED, 3, "password|stale", 0),
    ("401 without a challenge", ["401 Unauthorized"] * 9, REFUSED, 1, "challenge", 0),
    ("401 that wants Bearer", ["401 Unauthorized|WWW-Authenticate: Bearer realm=\"x\""] * 9, REFUSED, 1,
     "Digest|scheme|algorithm|way", 0),
    ("401 that wants MD5", ["401 Unauthorized|" + CHALLENGE % ("x", "n", "MD5")] * 9, REFUSED, 1,
     "allow_md5", 0),
    ("302", ["302 Moved|Contact: <sip:other.example>"] * 9, REFUSED, 1, "redirects.*outbound_proxy", 0),
    ("400", ["400 Bad Request"] * 9, REFUSED, 1, "400 Bad Request", 0),
    ("403", ["403 Forbidden"] * 9, REFUSED, 1, "forbids this account", 0),
    ("403, and it hangs up", [["403 Forbidden", CLOSE]] * 9, REFUSED, 1, "forbids this account", 0),
    ("404", ["404 Not Found"] * 9, REFUSED, 1, "does not know this address", 0),
    ("404 with Retry-After", ["404 Not Found|Retry-After: 900"] * 9, REFUSED, 1, "does not know", 890),
    ("420", ["420 Bad Extension|Unsupported: path"] * 9, REFUSED, 1,
     "420 Bad Extension.*registration.outbound", 0),
    ("421", ["421 Extension Required|Require: sec-agree"] * 9, REFUSED, 1, "421", 0),
    ("439", ["439 First Hop Lacks Outbound"], ONLINE, 2, "", 0),
    ("494", ["494 Security Agreement Required"] * 9, REFUSED, 1, "security agreement",
     0),
    ("600", ["600 Busy Everywhere"] * 9, REFUSED, 1, "600 Busy Everywhere", 0),
    ("423", ["423 Interval Too Brief|Min-Expires: 120"], ONLINE, 2, "", 0),
    ("423 without Min-Expires", ["423 Interval Too Brief"], FAULT, 1, "registration.expires", 0),
    ("423 with a word", ["423 Interval Too Brief|Min-Expires: long"], FAULT, 1, "registration.expires", 0),
    ("423 with less than we ask for", ["423 Interval Too Brief|Min-Expires: 5"], FAULT, 1,
     "registration.expires", 0),
    ("423 with a century", ["423 Interval Too Brief|Min-Expires: 4294967295"], FAULT, 1,
     "registration.expires", 0),
    ("423 again and again", ["423 Interval Too Brief|Min-Expires: %d" % i for i in (100, 200)], FAULT, 2,
     "registration.expires", 0),
    ("408", ["408 Request Timeout"], FAULT, 1, "408", 0),
    ("480", ["480 Temporarily Unavailable"], FAULT, 1, "480", 0),
    ("486", ["486 Busy Here"], FAULT, 1, "486", 0),
    ("500", ["500 Server Error"], FAULT, 1, "has a fault", 0),
    ("503", ["503 Service Unavailable"], FAULT, 1, "out of service", 0),
    ("504", ["504 Server Timeout"], FAULT, 1, "has a fault", 0),
    ("408 with Retry-After", ["408 Request Timeout|Retry-After: 2"], FAULT, 1, "408", 2),
    ("480 with Retry-After", ["480 Temporarily Unavailable|Retry-After: 2"], FAULT, 1, "480", 2),
    ("486 with Retry-After", ["486 Busy Here|Retry-After: 2"], FAULT, 1, "486", 2),
    ("500 with Retry-After", ["500 Server Error|Retry-After: 2"], FAULT, 1, "has a fault", 2),
    ("503 with Retry-After", ["503 Unavailable|Retry-After: 2"], FAULT, 1, "out of service", 2),
    ("503 with Retry-After and parameters", ["503 Unavailable|Retry-After: 2;duration=3600"], FAULT, 1,
     "out of service", 2),
    ("503 with Retry-After and a comment", ["503 Unavailable|Retry-After: 2 (in a meeting)"], FAULT, 1,
     "out of service", 2),
    ("503 with garbage for Retry-After", ["503 Unavailable|Retry-After: tomorrow"], FAULT, 1,
     "out of service", 0),
    ("503 with Retry-After: 10^12", ["503 Unavailable|Retry-After: 1000000000000"], REFUSED, 1,
     "out of service", 86000),
    ("503 with Retry-After, and it hangs up", [["503 Unavailable|Retry-After: 3", CLOSE]], FAULT, 1,
     "out of service", 3),
    ("FIN behind the 200", [[OK, CLOSE]], ONLINE, 2, "", 0),
    ("FIN for an answer", [CLOSE], FAULT, 1, "closed|no connection", 0),
    ("garbage for an answer", [b"\x00\xff\x16\x03 what is this \x80\x81\r\n" * 20 + b"\r\n\r\n"], FAULT, None,
     "", 0),
    ("half an answer, then FIN", [[b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TL", CLOSE]], FAULT, 1, "", 0),
    ("an answer without Content-Length",
     [lambda message: reply(message, OK).replace(b"Content-Length: 0\r\n", b"")], ONLINE, 2, "", 0),
    ("nothing", [None], UNANSWERED, 1, "does not answer", 0),
    ("100 and then nothing", ["100 Trying"], UNANSWERED, 1, "does not answer", 0),
    ("180 and then nothing", ["180 Ringing"], UNANSWERED, 1, "does not answer", 0),
    ("200 with another CSeq", [changed(CSeq=lambda value: "77 REGISTER")], UNANSWERED, 1, "does not", 0),
    ("200 to another method", [changed(CSeq=lambda value: value.replace("REGISTER", "OPTIONS"))],
     UNANSWERED, 1, "does not answer", 0),
    ("200 with another Call-ID", [changed(CallID=lambda value: "x" + value)], UNANSWERED, 1, "does not", 0),
    ("200 with another branch", [changed(Via=wrong_branch)], UNANSWERED, 1, "does not answer", 0),
    ("200 without CSeq", [lambda message: re.sub(rb"CSeq: .*\r\n", b"", reply(message, OK))], UNANSWERED, 1,
     "does not answer", 0),
    ("503, 403 and silence in turn, then it behaves",
     ["503 Unavailable", "500 Server Error", "480 Later"], FAULT, 3, "", 0),
]


def summary(lab):
    return (lab.ask("status") or {}).get("summary", "")


def seconds_ahead(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())


class Watch:
    """Every line that status has said, asked often."""

    def __init__(self, lab):
        self.lines = []
        self.is_over = False
        self.lab = lab
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over:
            line = summary(self.lab)
            if line and line not in self.lines[-1:]:
                self.lines.append(line)
            time.sleep(0.03)

    def end(self):
        self.is_over = True
        self.thread.join()

    def said(self, pattern):
        return next((line for line in self.lines if re.search(pattern, line)), None)


def check_online(lab, server, row, watch, begin):
    lab.wait_online(QUICK + SLACK)
    seconds = time.monotonic() - begin
    time.sleep(0.5)
    return lab.is_online() and len(server.times) == row[3], "%.2f s" % seconds


def check_fault(lab, server, row, watch, begin):
    lab.wait_online(QUICK + row[5] + SLACK)
    count = row[3] or len(server.times) - 1
    gap = server.times[count] - server.times[count - 1]
    is_said = not row[4] or watch.said(row[4])
    # Half a second is the least that the law gives with a base of one.
    return (is_said and gap >= max(row[5], 0.45) - 0.05 and (row[3] is None or len(server.times) == count + 1),
            "again after %.2f s; said: %s" % (gap, is_said))


def next_time(lab):
    status = lab.ask("status") or {}
    return status.get("next_register") if status.get("connection") == "connected" else \
        status.get("next_attempt")


def check_refused(lab, server, row, watch, begin):
    line = wait_for("the refusal", lambda: re.search(row[4], summary(lab)) and summary(lab), QUICK + SLACK)
    ahead = seconds_ahead(wait_for("a plan", lambda: next_time(lab), 5))
    time.sleep(2)
    is_left_alone = len(server.times) == row[3]
    is_said = re.search(r"next try at (\d\d \w+ )?\d\d:\d\d:\d\d$", line)
    server.script = []
    asked = time.monotonic()
    lab.ask("reregister")
    lab.wait_online(QUICK + SLACK)
    return (is_left_alone and is_said and ahead >= max(row[5], 290),
            "in %d s; %d REGISTERs; back after %.2f s; said: %s" % (
                ahead, len(server.times), time.monotonic() - asked, line))


def check_unanswered(lab, server, row, watch, begin):
    wait_for("the loss", lambda: len(server.connections) > 1, FLOW_S + SLACK)
    line = next((one for one in reversed(lab.log("offhookd").splitlines()) if row[4] in one), "")
    lab.wait_online(QUICK + SLACK)
    gap = server.times[1] - server.times[0]
    return (len(server.connections) == 2 and gap >= FRESH_S - 0.2 and line,
            "again after %.1f s; said: %s" % (gap, line))


CHECKS = {ONLINE: check_online, FAULT: check_fault, REFUSED: check_refused, UNANSWERED: check_unanswered}


def start(lab, server, *options, **extra):
    lab.start_daemon(*options, wait=False, outbound_proxy="127.0.0.1:%d" % server.port, **extra)


def run_row(lab, row):
    server = Scripted(lab)
    server.script = list(row[1])
    begin = time.monotonic()
    start(lab, server)
    watch = Watch(lab)
    try:
        is_right, detail = CHECKS[row[2]](lab, server, row, watch, begin)
    except AssertionError as error:
        is_right, detail = False, error
    watch.end()
    if not tally.check("REGISTER gets %s: %s" % (row[0], row[2]),
                       is_right and lab.daemon.poll() is None, detail):
        print(watch.lines, [round(one - begin, 2) for one in server.times])
        print(lab.log("offhookd")[-3000:])
    lab.stop_daemon()
    server.stop()


# ---- what takes longer than an answer ---------------------------------------------------------

def life_of_a_mute_server(lab):
    """No pongs, but it answers OPTIONS; then not even these."""
    server = Scripted(lab)
    server.pongs = False
    start(lab, server, keepalive=1, expires=600)
    lab.wait_online()
    wait_for("two probes", lambda: len(server.options) >= 2, 30)
    tally.check("a server that never pongs is probed by OPTIONS and keeps its connection",
                len(server.connections) == 1 and lab.is_online(),
                "%d pings, %d OPTIONS" % (len(server.pings), len(server.options)))
    server.answers_options = False
    wait_for("the loss", lambda: len(server.connections) > 1, 25 + FLOW_S + SLACK)
    line = next((one for one in lab.log("offhookd").splitlines() if "neither keep-alives" in one), "")
    tally.check("and when it answers no OPTIONS any more the connection is dead", line, line)
    lab.stop_daemon()
    server.stop()


def life_of_a_server_without_options(lab):
    """Neither pongs nor answers OPTIONS, but REGISTER."""
    server = Scripted(lab)
    server.pongs = server.answers_options = False
    start(lab, server, keepalive=1, expires=600)
    lab.wait_online()
    wait_for("the question by REGISTER", lambda: len(server.times) > 1, 25 + FLOW_S + SLACK)
    time.sleep(13)
    tally.check("a server that lets OPTIONS fall is asked by REGISTER and not dropped",
                len(server.connections) == 1 and len(server.options) == 1 and lab.is_online(),
                "%d pings, %d REGISTERs" % (len(server.pings), len(server.times)))
    lab.stop_daemon()
    server.stop()


def life_behind_a_nat(lab):
    server = Scripted(lab)
    seen = lambda value: value.replace(";rport", ";rport=1024;received=203.0.113.5")
    nat = lambda message: reply(message, "200 OK|Contact: {contact}", Via=seen)
    server.script = [nat] * 2
    start(lab, server)
    wait_for("the correction", lambda: len(server.texts) >= 2, 5)
    lab.wait_online()
    time.sleep(0.5)
    old = header(server.texts[0], "Contact")
    own = re.search(r"<(.*?)>", old).group(1)
    tally.check("behind a NAT the Contact is corrected once, our own goes by the same REGISTER",
                len(server.texts) == 2 and "alice@203.0.113.5:1024;" in header(server.texts[1], "Contact")
                and "Contact: <%s>;expires=0" % own in server.texts[1], own)
    lab.stop_daemon()
    tally.check("and the end takes the corrected one off",
                re.search(r"Contact: <sips:alice@203.0.113.5:1024;.*expires=0", server.texts[-1]) and
                len(re.findall("Contact:", server.texts[-1])) == 1)
    server.texts.clear()
    server.script = [nat] * 2
    start(lab, server, "-o", "registration.follow_nat=off")
    lab.wait_online()
    time.sleep(0.5)
    tally.check("registration.follow_nat=off: it is not", len(server.texts) == 1)
    lab.stop_daemon()
    server.stop()


class Idler(Scripted):
    """Hangs up on a connection that has been idle for five seconds."""

    IDLE_S = 5.0

    def serve(self, stream):
        stream.settimeout(self.IDLE_S)
        super().serve(stream)
        self.cut()

    def take(self, stream, data):
        stream.settimeout(self.IDLE_S)
        return super().take(stream, data)


def life_of_an_idler(lab):
    server = Idler(lab)
    start(lab, server, keepalive=100, expires=600)
    lab.wait_online()
    limit = wait_for("what is learned", lambda: (lab.ask("status") or {}).get("idle_limit_ms"), 60)
    lab.wait_online(QUICK + SLACK)
    count = len(server.connections)
    time.sleep(3 * server.IDLE_S)
    line = summary(lab)
    tally.check("a server that ends idle connections is learned, and kept alive for",
                len(server.connections) == count and count <= 4 and lab.is_online() and
                4000 < limit < 9000 and "idle for" in line,
                "%d connections, %d pings; said: %s" % (count, len(server.pings), line))
    lab.stop_daemon()
    server.stop()


def life_of_many_lines(lab):
    waits = []
    for _ in range(4):
        server = Scripted(lab)
        start(lab, server, "-o", "registration.spread=3")
        wait_for("the connection", lambda: server.connections, 5)
        wait_for("REGISTER", lambda: server.times, 3 + SLACK)
        waits.append(server.times[0] - server.connections[0])
        lab.stop_daemon()
        server.stop()
    tally.check("registration.spread: the first REGISTER comes at a random time",
                max(waits) - min(waits) > 0.05 and max(waits) < 3 + SLACK,
                ", ".join("%.2f s" % one for one in waits))


LIVES = [life_of_an_idler, life_of_a_mute_server, life_of_a_server_without_options, life_behind_a_nat, life_of_many_lines]


def jobs():
    """The long ones first, so that no worker ends with one."""
    rows = sorted(ROWS, key=lambda row: row[2] != UNANSWERED)
    return LIVES + rows


def work(number):
    with Lab() as lab:
        for index, job in enumerate(jobs()):
            if index % WORKERS != number:
                continue
            if callable(job):
                job(lab)
            else:
                run_row(lab, job)
    tally.end()


if len(sys.argv) > 1:
    work(int(sys.argv[1]))
else:
    tally.share_out(range(WORKERS))
