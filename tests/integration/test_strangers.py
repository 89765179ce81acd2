# SPDX-License-Identifier: ISC
"""A stranger without credentials sends odd requests through the proxy: lengths in odd spellings, large
header blocks, very many headers, every message of RFC 4475. Meanwhile a friend calls again and
again. No connection is lost, the line is never offline, each call of the friend is answered.
OFFHOOK_EXTENT: short (make check's), or full: ten minutes of it."""
import os
import re
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import SRCDIR, Caller, Lab, Tally, wait_for

SECONDS = 10 if os.environ.get("OFFHOOK_EXTENT", "short") == "short" else 600
LENGTHS = ("0", "00", "0" * 11, "0" * 300, "  0", "0 ", "\t0", "\r\n 0", "+0", "0x0", "-1", "abc", "",
           "9999999999", "0;x=1", "0, 0")
METHODS = ("OPTIONS", "MESSAGE", "INVITE", "SUBSCRIBE", "BYE", "NOSUCH")
HOOK = """case "$OFFHOOK_FROM" in
4930123456) echo answer /bin/cat ;;
*) echo reject 603 ;;
esac
"""


def request(lab, method, number, lines="", length="0"):
    return ("%s sip:alice@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKodd%d\r\n"
            "From: <sip:mallory@example.net>;tag=m\r\nTo: <sip:alice@%s>\r\nCall-ID: odd%d@example.net\r\n"
            "CSeq: 1 %s\r\nMax-Forwards: 70\r\nContact: <sip:mallory@127.0.0.1:9>\r\n%sContent-Length: %s"
            "\r\n\r\n" % (method, lab.name, number, lab.name, number, method, lines, length)).encode()


def odd_lines():
    for kib in (20, 31, 33, 40, 63):
        yield "X-Long: %s\r\n" % ("x" * (kib * 1024 - 500))
        yield ("X-Long: %s\r\n" % ("x" * 1000)) * (kib * 1000 // 1010)
        yield "Subject: %s\r\n" % ("s" * (kib * 1024 - 500))
    for count in (200, 300, 1000):
        yield "X-Y: z\r\n" * count
        yield "Accept-Language: %s\r\n" % ", ".join(["en"] * count)
        yield "Record-Route: <sip:p;lr>\r\n" * count


def torture(lab):
    folder = os.path.join(SRCDIR, "tests", "data", "rfc4475")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".dat"):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        yield data
        if not data.startswith(b"SIP/"):
            yield re.sub(rb"\A(\S+)[ \t]+.*?[ \t]+SIP/2.0",
                         lambda match: match.group(1) + b" sip:alice@%s SIP/2.0" % lab.name.encode(), data)


def everything(lab, first):
    number = first
    for method in METHODS:
        for length in LENGTHS:
            number += 1
            yield request(lab, method, number, length=length)
    for lines in odd_lines():
        for method in ("OPTIONS", "INVITE"):
            number += 1
            yield request(lab, method, number, lines)
    yield from torture(lab)


class Stranger(threading.Thread):
    """Once through all of it, and again until it is told to stop."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.lab = lab
        self.sent = self.rounds = 0
        self.is_stopping = False

    def run(self):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while not self.is_stopping:
            for data in everything(self.lab, self.sent):
                sock.sendto(data[:65507], ("127.0.0.1", self.lab.udp))
                self.sent += 1
                time.sleep(0.02)
            self.rounds += 1
        sock.close()


def friend_calls(lab, stranger):
    """How many calls were made, and what those were answered with that were not taken."""
    calls, refused, offline = 0, [], 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or not stranger.rounds:
        friend = Caller(lab)
        status, _ = friend.invite()
        calls += 1
        if status != 200 or friend.bye() != 200:
            refused.append(status)
        friend.close()
        offline += not lab.is_online()
        time.sleep(0.1)
    return calls, refused, offline


tally = Tally()
with Lab() as lab:
    lab.start_kamailio()
    lab.hook("incoming", HOOK)
    lab.start_daemon()
    before = lab.ask("status")["connects"]
    stranger = Stranger(lab)
    stranger.start()
    calls, refused, offline = friend_calls(lab, stranger)
    stranger.is_stopping = True
    stranger.join()
    status = lab.ask("status")
    tally.check("a stranger has sent odd requests", stranger.rounds > 0, "%d" % stranger.sent)
    tally.check("each call of the friend is answered", calls > 5 and not refused,
                "%d calls, %s" % (calls, refused))
    tally.check("no connection is lost", status["connects"] == before, status)
    tally.check("the line was never offline", not offline and lab.is_online())
    tally.comes("no call is left", lambda: lab.ask("status")["calls"] == 0, 40)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
