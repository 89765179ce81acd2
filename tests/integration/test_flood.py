# SPDX-License-Identifier: ISC
"""More questions at once than the answers to them find room for: a server that sends OPTIONS by the
thousand, at first without reading. Each is answered, over the same connection."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tally, wait_for
from registrar import Registrar

COUNTS = (500, 20000)  # within what the kernel holds; far beyond it
tally = Tally()


class Flood(Registrar):
    """With the answer to a REGISTER comes a flood of `count` OPTIONS; what is read meanwhile is
    counted: `answers`."""

    def __init__(self, lab):
        super().__init__(lab.path("server.pem"), lab.path("server.key"))
        self.count = 0
        self.answers = 0
        self.is_over = True
        self.has_stood = False  # the daemon has read no more

    def register(self, stream, message):
        super().register(stream, message)
        if self.is_over:
            return
        contact = re.search(r"(?m)^Contact: .*?<(.*?)>", message).group(1)
        self.flood(stream, contact)
        self.is_over = True

    @staticmethod
    def options(contact, number):
        return ("OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK%d\r\n"
                "Max-Forwards: 70\r\nFrom: <sip:a@lab.example>;tag=%d\r\nTo: <%s>\r\n"
                "Call-ID: %d@flood\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                % (contact, number, number, contact, number)).encode()

    def flood(self, stream, contact):
        left = b"".join(self.options(contact, number) for number in range(self.count))
        data, is_reading, quiet = b"", False, time.monotonic()
        while (left or self.answers < self.count) and time.monotonic() - quiet < 20:
            stream.settimeout(0.02)
            try:
                sent = stream.send(left[:16384]) if left else 0
                left = left[sent:]
                quiet = time.monotonic() if sent else quiet
            except TimeoutError:
                self.has_stood = self.has_stood or time.monotonic() - quiet > 1
            is_reading = is_reading or not left or self.has_stood
            if not is_reading:
                continue
            try:
                data += stream.recv(65536)
                quiet = time.monotonic()
            except TimeoutError:
                pass
            self.answers += data.count(b"SIP/2.0 200 OK\r\n")
            data = data[-15:] if not data.endswith(b"SIP/2.0 200 OK\r\n") else b""
        stream.settimeout(None)


with Lab() as lab:
    server = Flood(lab)
    lab.configure(outbound_proxy="127.0.0.1:%d" % server.port)
    lab.start_daemon("-o", "outbound_proxy=127.0.0.1:%d" % server.port)
    lab.wait_online()
    for count in COUNTS:
        server.count, server.answers, server.is_over, server.has_stood = count, 0, False, False
        lab.ctl("reregister")
        wait_for("the end of the flood", lambda: server.is_over, 90)
        tally.check("%d at once: each is answered" % count, server.answers == count, server.answers)
    tally.check("as long as nobody takes its answers, it reads no more questions", server.has_stood)
    tally.check("all over one connection", len(server.connections) == 1, server.connections)
    tally.check("the line is online", lab.is_online())
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
    server.stop()
tally.end()
