# SPDX-License-Identifier: ISC
"""Twenty calls at once on one connection, their messages interleaved at random: each hears itself
and nobody else, and each request and answer belongs to its own call."""
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import ENOUGH, Caller, Lab, Tally, share_heard, tone, wait_for

CALLS = 20
FRAMES = 30  # of 20 ms
seed = int(os.environ.get("OFFHOOK_SEED", random.getrandbits(16)))
chance = random.Random(seed)
tally = Tally()


class Interleaved(Caller):
    """A caller that does one step of its call at a time: INVITE, ACK, re-INVITE, ACK; OPTIONS; BYE."""

    def __init__(self, lab, number):
        super().__init__(lab, user="4930%03d" % number)
        self.user = "4930%03d" % number
        self.spoken = tone(FRAMES * 0.02, number + 1)
        self.heard = {}
        self.faults = []
        self.steps = [self.start, self.answered, self.change, self.changed, self.ask, self.told]

    def step(self):
        """True when there is a next step, and it was done."""
        if not self.steps or self.steps[0]() is False:
            return False
        self.steps.pop(0)
        return True

    def start(self):
        self.send("INVITE", self.sdp())

    def final(self, method):
        """The final answer, or False when it is not there yet."""
        message = self.receive(0.001)
        if not message:
            return False
        if self.header(message, "Call-ID")[0] != self.call_id:
            self.faults.append("a message of another call")
        if not message.startswith("SIP/2.0 "):
            self.faults.append("a request: " + message.split("\r\n")[0])
            return False
        if self.header(message, "CSeq")[0] != "%d %s" % (self.cseq, method) or \
                message.startswith("SIP/2.0 1"):
            return False
        if not message.startswith("SIP/2.0 200 "):
            self.faults.append("%s: %s" % (method, message.split("\r\n")[0]))
        return message

    def answered(self):
        message = self.final("INVITE")
        if not message:
            return False
        self.finish_invite(message, int(message.split()[1]))
        return True

    def change(self):
        self.cseq += 1
        self.send("INVITE", self.sdp().replace("o=- 1 1 ", "o=- 1 2 "))

    def changed(self):
        if not self.final("INVITE"):
            return False
        self.send("ACK")
        return True

    def ask(self):
        self.cseq += 1
        self.send("OPTIONS")

    def told(self):
        return bool(self.final("OPTIONS"))

    def leave(self):
        self.cseq += 1
        self.send("BYE")

    def left(self):
        return bool(self.final("BYE"))


def play(callers, seconds):
    """Whoever is drawn does its next step."""
    end = time.monotonic() + seconds
    waiting = list(callers)
    while waiting and time.monotonic() < end:
        caller = chance.choice(waiting)
        caller.step()
        waiting = [one for one in callers if one.steps]
    return not waiting


def talk(callers):
    """All speak at the same time, in an order of its own in each frame."""
    for caller in callers:
        caller.rtp.setblocking(False)
    start = time.monotonic()
    for frame in range(FRAMES + 25):
        for caller in chance.sample(callers, len(callers)):
            samples = caller.spoken[frame * 160:frame * 160 + 160] or [0] * 160
            caller.rtp.sendto(caller.packet(samples, frame == 0), caller.remote)
        while time.monotonic() < start + (frame + 1) * 0.02:
            for caller in callers:
                caller.listen(caller.heard)
            time.sleep(0.002)


def likeness(callers, number):
    """(how much it heard of itself, the most that it heard of two others)"""
    heard = callers[number].join(callers[number].heard)
    own = share_heard(callers[number].spoken, heard)
    others = [share_heard(callers[(number + distance) % CALLS].spoken, heard)
              for distance in (1, 7)]
    return own, max(others)


def hear_themselves(callers):
    for caller in callers:
        caller.heard = {}
    talk(callers)
    shares = [likeness(callers, number) for number in range(CALLS)]
    own, others = min(own for own, _ in shares), max(others for _, others in shares)
    return own >= ENOUGH and others == 0, "%.3f at least, %.3f of others at most" % (own, others)


with Lab() as lab:
    lab.hook("incoming", "echo ring; echo answer /bin/cat")
    lab.start_kamailio()
    lab.start_daemon(scheme="sip")
    callers = [Interleaved(lab, number) for number in range(CALLS)]
    print("the seed is %d" % seed)
    tally.check("all calls are up, changed and asked", play(callers, 30),
                [len(caller.steps) for caller in callers])
    calls = lab.ask("calls")["calls"]
    tally.check("the daemon has them all at once",
                sorted(call["from"] for call in calls if call["state"] == "up")
                == [caller.user for caller in callers], len(calls))
    tally.check("each has media of its own",
                len({caller.remote for caller in callers}) == CALLS)
    tally.fairly("each hears itself and nobody else", lab, lambda: hear_themselves(callers))
    for caller in callers:
        caller.steps = [caller.leave, caller.left]
    tally.check("all hang up", play(callers, 15), [len(caller.steps) for caller in callers])
    faults = [fault for caller in callers for fault in caller.faults]
    tally.check("no message went astray", not faults, faults[:5])
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    tally.check("all on one connection", lab.ask("status")["connects"] == 1)
    for caller in callers:
        caller.close()
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
