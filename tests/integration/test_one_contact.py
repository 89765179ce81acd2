# SPDX-License-Identifier: ISC
"""kill -9 at random moments, with calls up, beside a registrar that allows one contact and replaces
none (Asterisk's max_contacts = 1 with remove_existing = no): a second one beside one that lives is
answered 403, and what the same REGISTER takes off counts first. The next life is online at once each
time. OFFHOOK_KILLS says how often (10; the full measure is 200), OFFHOOK_SEED when."""
import os
import random
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tally, is_instrumented, wait_for
from registrar import Registrar, header

KILLS = int(os.environ.get("OFFHOOK_KILLS", 10))
SEED = int(os.environ.get("OFFHOOK_SEED", random.getrandbits(16)))
ONLINE_WITHIN = 9.0 if is_instrumented() else 3.0
chance = random.Random(SEED)
tally = Tally()


class OneContact(Registrar):
    """Of each other kind there is one REGISTER: `swallows` says how many connections from now on get
    no answer. `counts_first`: what is taken off counts last. Rings as soon as somebody is there."""

    def __init__(self, lab):
        self.contacts = {}  # URI: until when
        self.refusals = 0
        self.calls = self.ups = 0
        self.swallows = 0
        self.takes_one = False
        self.lock = threading.Lock()
        super().__init__(lab.path("server.pem"), lab.path("server.key"))
        self.challenge = ("SHA-256", "lab")

    def other(self, stream, message):
        if re.match(r"SIP/2.0 200 .*(?s:.)*^CSeq: \d+ INVITE", message, re.M):
            self.ups += 1
            target = re.search(r"(?m)^Contact: <(.*?)>", message).group(1)
            self.send(stream, "ACK " + target, message, "ACK")
        elif message.startswith(("BYE ", "CANCEL ", "OPTIONS ")):
            lines = ["SIP/2.0 200 OK"] + ["%s: %s" % (name, header(message, name)) for name in
                                          ("Via", "From", "To", "Call-ID", "CSeq")]
            stream.sendall("\r\n".join(lines + ["Content-Length: 0", "", ""]).encode())

    @staticmethod
    def send(stream, target, like, method):
        stream.sendall("\r\n".join([
            target + " SIP/2.0", "Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK%08x" %
            chance.getrandbits(32), "Max-Forwards: 70", "From: " + header(like, "From"),
            "To: " + header(like, "To"), "Call-ID: " + header(like, "Call-ID"), "CSeq: 1 " + method,
            "Content-Length: 0", "", ""]).encode())

    def ring(self, stream, contact):
        self.calls += 1
        body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" \
               "m=audio 9 RTP/AVP 0\r\n"
        stream.sendall("\r\n".join([
            "INVITE %s SIP/2.0" % contact, "Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK%08x" %
            chance.getrandbits(32), "Max-Forwards: 70", "From: <sip:bob@lab.example>;tag=b",
            "To: <sip:alice@lab.example>", "Call-ID: call-%d" % self.calls, "CSeq: 1 INVITE",
            "Contact: <sip:bob@127.0.0.1;transport=tls>", "Content-Type: application/sdp",
            "Content-Length: %d" % len(body), "", body]).encode())

    def change(self, message):
        """The bindings after it; None: refused."""
        now = time.monotonic()
        living = {uri: until for uri, until in self.contacts.items() if until > now}
        lines = re.findall(r"(?im)^Contact: <(.*?)>(.*?)\r?$", message)
        if self.takes_one and len(lines) > 1:
            return None
        for uri, rest in lines:
            expires = re.search(r"expires=(\d+)", rest)
            living.pop(uri, None)
            if int(expires.group(1) if expires else header(message, "Expires")):
                living[uri] = now + 3600
        return living if len(living) <= 1 else None

    def answer(self, message):
        text = super().answer(message)
        if not text.startswith("SIP/2.0 200"):
            return text
        with self.lock:
            after = self.change(message)
            if after is None:
                self.refusals += 1
                return re.sub(r"^SIP/2.0 200 OK|\r\nContact: .*?(?=\r\n)", lambda one:
                              "SIP/2.0 403 Forbidden" if one.group().startswith("SIP") else "", text)
            self.contacts = after
        listed = "".join("Contact: <%s>;expires=3600\r\n" % uri for uri in after)
        return re.sub(r"Contact: .*?\r\n", lambda _: listed, text, count=1)

    def register(self, stream, message):
        if self.swallows and not getattr(stream, "offhook_is_swallowed", False):
            self.swallows -= 1
            stream.offhook_is_swallowed = True
        if getattr(stream, "offhook_is_swallowed", False):
            return
        text = self.answer(message)
        stream.sendall(text.encode())
        if text.startswith("SIP/2.0 200") and self.contacts:
            self.ring(stream, next(iter(self.contacts)))


def start(lab, server):
    lab.start_daemon(wait=False, expires=3600, scheme="sip", incoming="answer /bin/cat",
                     outbound_proxy="127.0.0.1:%d" % server.port)


def kill(lab):
    lab.daemon.send_signal(signal.SIGKILL)
    lab.daemon.wait()
    lab.processes.remove(lab.daemon)


def measure(lab, server, what, count):
    late, slowest, refusals = [], 0.0, server.refusals
    for number in range(count):
        began = time.monotonic()
        start(lab, server)
        try:
            lab.wait_online(ONLINE_WITHIN)
        except AssertionError as error:
            late.append("%d: %s" % (number, error))
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(chance.choice([0, 0.001, 0.02, 0.2]) * chance.random())
        kill(lab)
        if chance.random() < 0.3:  # and once before it was online
            start(lab, server)
            time.sleep(chance.random() * 0.15)
            kill(lab)
    tally.check("%s: online within %.0f s after each of %d kills" % (what, ONLINE_WITHIN, count),
                not late, late or "the slowest took %.2f s, %d refusals, %d calls were up (seed %d)"
                % (slowest, server.refusals - refusals, server.ups, SEED))


with Lab() as lab:
    server = OneContact(lab)
    measure(lab, server, "one contact", KILLS)
    tally.check("calls were up when it was killed", server.ups > 0, server.ups)
    tally.check("and the registrar has refused nothing", not server.refusals, server.refusals)

    server.takes_one = True
    measure(lab, server, "one contact, one Contact a REGISTER", max(3, KILLS // 10))

    server.takes_one = False
    start(lab, server)
    lab.wait_online(ONLINE_WITHIN)
    server.swallows = 1
    server.cut()
    wait_for("a REGISTER that is swallowed", lambda: not server.swallows, 30)
    tally.comes("a connection that dies and a replacement that is swallowed", lab.is_online, 30)
    refusals = server.refusals
    lab.stop_daemon()
    tally.check("a farewell leaves nothing, at the registrar or on disk", not server.contacts and
                not os.path.exists(lab.path("state/binding")) and server.refusals == refusals)
    server.stop()
tally.end()
