# SPDX-License-Identifier: ISC
"""Clients of the control socket that have descriptors of a call's audio, and what tests of them share."""
import array
import json
import os
import select
import socket
import threading
import time

from lab import BUILDDIR, Caller, Lab, Tally, correlate, wait_for

RATE = 8000
# A hook that answers and stays until its call is over: clients come and go.
CTL = os.path.join(BUILDDIR, "offhookctl")
STAY = "%s answer && %s wait" % (CTL, CTL)


class WatchfulCaller(Caller):
    """Knows when a packet came last that was not silent."""

    loud_at = 0

    def listen(self, heard):
        before = len(heard)
        super().listen(heard)
        if len(heard) > before and len(set(heard[max(heard)])) > 8:
            self.loud_at = time.monotonic()


class Client:
    """A connection to the control socket that can be given descriptors."""

    def __init__(self, lab):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(lab.path("control"))
        self.lines, self.fds, self.number = b"", [], 0

    def line(self):
        while b"\n" not in self.lines:
            part, fds, _, _ = socket.recv_fds(self.socket, 65536, 4)
            self.fds += fds
            if not part:
                return None
            self.lines += part
        line, self.lines = self.lines.split(b"\n", 1)
        return json.loads(line)

    def ask(self, cmd, **fields):
        self.number += 1
        self.socket.sendall(json.dumps(dict(fields, id=self.number, cmd=cmd)).encode() + b"\n")
        while True:
            answer = self.line()
            if not answer or answer.get("id") == self.number:
                return answer
            self.events = getattr(self, "events", []) + [answer]

    def attach(self, call, **fields):
        """The answer and the descriptors."""
        answer = self.ask("audio", call=call, **fields)
        fds, self.fds = self.fds, []
        return answer, fds

    def close(self):
        self.socket.close()
        for fd in self.fds:
            os.close(fd)


def pcm(samples):
    return array.array("h", samples).tobytes()


def resampled(samples, rate):
    """By repeating: enough to be known again at 8 kHz."""
    return [sample for sample in samples for _ in range(rate // RATE)]


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def read_for(fd, seconds):
    end, data = time.monotonic() + seconds, b""
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.05)[0]:
            part = os.read(fd, 65536)
            if not part:
                break
            data += part
    return list(array.array("h", data[:len(data) // 2 * 2]))


def begin(lab):
    """A caller whose call is up, and the call's id."""
    caller = WatchfulCaller(lab)
    before = {call["call"] for call in lab.ask("calls")["calls"]}
    caller.invite()
    calls = wait_for("the call", lambda: [call["call"] for call in lab.ask("calls")["calls"]
                                          if call["call"] not in before and call["state"] == "up"])
    return caller, calls[0]


def loudness(samples):
    return (sum(sample * sample for sample in samples) / max(1, len(samples))) ** 0.5


def hears(wanted, heard):
    """Most of four pieces of 50 ms: what a busy caller sends late is not all of one piece."""
    pieces = [wanted[at:at + 400] for at in range(len(wanted) // 8, len(wanted), len(wanted) // 4)]
    return sum(correlate(piece, heard)[0] > 0.8 for piece in pieces) >= 3


def in_background(function, *words):
    thread = threading.Thread(target=function, args=words, daemon=True)
    thread.start()
    return thread


def close_all(fds):
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            pass


def run(tests):
    """Each test in one laboratory, whose hook answers; nothing of them is left in the daemon."""
    tally = Tally()
    with Lab() as lab:
        lab.start_kamailio()
        lab.hook("incoming", STAY)
        lab.start_daemon()
        before = len(os.listdir("/proc/%d/fd" % lab.daemon.pid))
        for test in tests:
            test(lab, tally)
        wait_for("the calls' end", lambda: not lab.ask("calls")["calls"])
        tally.check("descriptors are as before", wait_for("descriptors", lambda: len(
            os.listdir("/proc/%d/fd" % lab.daemon.pid)) <= before))
        tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
    tally.end()
