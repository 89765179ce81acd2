# SPDX-License-Identifier: ISC
"""Telephones that others wrote, through a real proxy: a matrix of peer and feature.

Each row is a function of one telephone that says whether it works; it returns a text where the
telephone cannot do it. linphonec is asked only where it is installed.
"""
import array
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Caller, Lab, Tally, correlate, need, tone, wait_for
from peers import Baresip, Linphone, run_sipp, stop

need("baresip", "sipp")
SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
SPOKEN = tone(30.0)
ANSWER = "echo ring; sleep 0.2; echo answer /usr/bin/tee %s"
RING = "echo ring; exec sleep 20"
tally = Tally()
matrix = {}


class Line:
    """The daemon as a user sees it: its events, its calls, its commands."""

    def __init__(self, lab):
        self.lab = lab
        self.events = []
        self.taken = lab.path("taken")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(lab.path("control"))
        self.socket.sendall(b'{"id":1,"cmd":"watch"}\n')
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        with self.socket.makefile() as stream:
            for text in stream:
                event = json.loads(text)
                if "event" in event:
                    self.events.append(event)

    def event(self, kind, call, seconds=5):
        def look():
            return next((one for one in list(self.events)
                         if one["event"] == kind and one.get("call") == call), None)
        try:
            return wait_for(kind, look, seconds)
        except AssertionError:
            return None

    def calls(self, user):
        """The calls with that telephone; the oldest first."""
        return [one for one in self.lab.ask("calls")["calls"]
                if user in (one.get("from"), one.get("to"))]

    def call(self, user, state=None):
        def look():
            return next((one["call"] for one in self.calls(user)
                         if state in (None, one["state"])), None)
        return wait_for("a call with " + user, look, 5)

    def command(self, call, cmd, args=None):
        fields = {"call": call} if args is None else {"call": call, "args": args}
        return self.lab.ask(cmd, **fields)["ok"]

    def hears(self):
        """What the program takes in the next 0.4 s: whether somebody speaks."""
        start = os.path.getsize(self.taken)
        wait_for("the program's frames", lambda: os.path.getsize(self.taken) >= start + 6400)
        with open(self.taken, "rb") as file:
            file.seek((start + 3200) // 2 * 2)
            samples = array.array("h", file.read(3200))
        return sum(abs(sample) for sample in samples) > 500 * len(samples)

    def dial(self, user, *program):
        words = ["dial", "--detach", user, *(program or ("/usr/bin/tee", self.taken))]
        done = subprocess.run([os.path.join(BUILDDIR, "offhookctl"), *words], check=False, timeout=10,
                              env={"OFFHOOK_SOCKET": self.lab.path("control")}, capture_output=True,
                              text=True)
        if done.returncode:
            raise AssertionError("dial: " + done.stderr)
        return self.call(user)


# ---- rows: the peer calls us ---------------------------------------------------------------

def called(line, phone, hook=ANSWER):
    line.lab.hook("incoming", hook % line.taken if "%s" in hook else hook)
    phone.call("sip:alice@" + line.lab.name)
    return line.call(phone.user)


def called_up(line, phone):
    call = called(line, phone)
    if not phone.is_up():
        raise AssertionError("the telephone sees no answer")
    return call


def both_hear_the_end(line, phone, call, by):
    ended = line.event("ended", call)
    return ended and ended.get("ended_by") == by and phone.is_over()


def echo_is_heard(phone):
    """Half a second of what it said is in what it heard."""
    heard = []

    def listen():
        heard[:] = phone.heard()
        return len(heard) > 12000
    wait_for("sound", listen, 5)
    return correlate(SPOKEN[2400:3200], heard[:12000])[0] > 0.95


def in_answered(line, phone):
    call = called_up(line, phone)
    is_heard = echo_is_heard(phone)
    phone.hang_up()
    return both_hear_the_end(line, phone, call, "remote") and is_heard


def in_we_hang_up(line, phone):
    call = called_up(line, phone)
    return line.command(call, "hangup") and both_hear_the_end(line, phone, call, "local")


def in_hold(line, phone):
    call = called_up(line, phone)
    phone.hold()
    is_held = line.event("hold", call)
    wait_for("held", lambda: line.calls(phone.user)[0]["held"])
    time.sleep(0.2)
    phone.resume()
    is_back = line.event("resume", call)
    wait_for("not held", lambda: not line.calls(phone.user)[0]["held"])
    is_heard = line.hears()
    phone.hang_up()
    return both_hear_the_end(line, phone, call, "remote") and is_held and is_back and is_heard


def in_digits(line, phone):
    call = called_up(line, phone)
    time.sleep(0.3)
    for digit in "42#":
        phone.press(digit)
        time.sleep(0.4)
    dtmf = line.event("dtmf", call)
    phone.hang_up()
    return both_hear_the_end(line, phone, call, "remote") and dtmf and \
        dtmf.get("digits", "").rstrip("#") == "42"


def in_cancelled(line, phone):
    call = called(line, phone, RING)
    wait_for("ringing", lambda: line.calls(phone.user)[0]["state"] in ("deciding", "ringing"))
    time.sleep(0.2)
    phone.hang_up()
    ended = line.event("ended", call)
    return phone.is_over() and ended and ended["result"] in ("missed", "cancelled")


def in_refused(line, phone):
    for status, text in ((486, "Busy Here"), (603, "Decline")):
        called_hook = "echo reject %d" % status
        line.lab.hook("incoming", called_hook)
        phone.call("sip:alice@" + line.lab.name)
        if not phone.was_refused(status, text):
            return False
    return True


# ---- rows: we call the peer ----------------------------------------------------------------

def dialled(line, phone):
    phone.forget()
    call = line.dial(phone.user)
    if not phone.rings():
        raise AssertionError("the telephone does not ring")
    return call


def dialled_up(line, phone):
    call = dialled(line, phone)
    phone.answer()
    if not phone.is_up():
        raise AssertionError("the telephone is not up")
    line.call(phone.user, "up")
    return call


def out_answered(line, phone):
    call = dialled_up(line, phone)
    is_heard = echo_is_heard(phone)
    phone.hang_up()
    return both_hear_the_end(line, phone, call, "remote") and is_heard


def out_we_hang_up(line, phone):
    call = dialled_up(line, phone)
    return line.command(call, "hangup") and both_hear_the_end(line, phone, call, "local")


def out_hold(line, phone):
    call = dialled_up(line, phone)
    was_heard = line.hears()
    is_held = line.command(call, "hold") and phone.is_held() and not line.hears()
    is_back = line.command(call, "resume") and phone.is_taken_back() and line.hears()
    return line.command(call, "hangup") and both_hear_the_end(line, phone, call, "local") and \
        was_heard and is_held and is_back


def out_digits(line, phone):
    call = dialled_up(line, phone)
    time.sleep(0.3)
    is_sent = line.command(call, "dtmf", "42")
    is_heard = phone.heard_digits("42")
    phone.hang_up()
    return both_hear_the_end(line, phone, call, "remote") and is_sent and is_heard


def out_refused(line, phone):
    call = dialled(line, phone)
    phone.refuse()
    ended = line.event("ended", call)
    return ended and ended["result"] in ("busy", "rejected") and ended.get("code") in ("486", "603") \
        and phone.is_over()


def out_cancelled(line, phone):
    call = dialled(line, phone)
    return line.command(call, "hangup") and phone.is_over() and line.event("ended", call)


ROWS = (
    ("it calls: answered, its voice comes back, it hangs up", in_answered),
    ("it calls: we hang up", in_we_hang_up),
    ("it holds and takes back", in_hold),
    ("its digits are heard", in_digits),
    ("it hangs up while we ring", in_cancelled),
    ("it sees 486 and 603", in_refused),
    ("we call: it answers, its voice comes back, it hangs up", out_answered),
    ("we call: we hang up", out_we_hang_up),
    ("we hold and take back", out_hold),
    ("it hears our digits", out_digits),
    ("it refuses", out_refused),
    ("we hang up while it rings", out_cancelled),
)
RELIABLE = "100rel: reliable 180 and PRACK"
TIMER = "session timer: agreed and refreshed"
LATE = "INVITE without SDP: late offer"
LATER = "re-INVITE without SDP"


# ---- the table -----------------------------------------------------------------------------

def cell(row, peer, outcome, detail=""):
    """One cell: true, false, or the reason why there is none."""
    if isinstance(outcome, str):
        print("skip %s: %s: %s" % (peer, row, outcome), flush=True)
        matrix[row, peer] = "skip"
    else:
        tally.check("%s: %s" % (peer, row), outcome, detail)
        matrix[row, peer] = "ok" if outcome else "not ok"
    return outcome


def judge(row, line, phone, function):
    try:
        outcome, detail = function(line, phone), ""
    except (AssertionError, OSError, subprocess.SubprocessError, IndexError, KeyError) as error:
        outcome, detail = False, repr(error)
    if not outcome:
        print("\n".join(line.lab.log("offhookd").splitlines()[-12:]))
        print(line.lab.log(phone.name)[-600:])
    cell(row, phone.name, outcome if isinstance(outcome, str) else bool(outcome), detail)
    for call in line.calls(phone.user):
        line.command(call["call"], "hangup")
        phone.hang_up()
    wait_for("no call", lambda: not line.calls(phone.user), 10)


def print_matrix(peers):
    rows = list(dict.fromkeys(row for row, _ in matrix))
    width = max(len(row) for row in rows)
    print("\n%-*s  %s" % (width, "", "  ".join("%-9s" % peer for peer in peers)))
    for row in rows:
        print("%-*s  %s" % (width, row,
                            "  ".join("%-9s" % matrix.get((row, peer), "-") for peer in peers)))
    print()


# What these telephones cannot be made to do, SIPp does.
SIPP = (("call", "a call"), ("late_offer", "an INVITE without a description"),
        ("late_reinvite", "a re-INVITE without a description"),
        ("reliable", "100rel required, PRACK"), ("timer", "a session timer, refreshed"),
        ("hold", "hold and resume"))


def ask_sipp(lab):
    lab.hook("incoming", ANSWER)
    for name, row in SIPP:
        process = run_sipp(lab, os.path.join(SCENARIOS, name + ".xml"))
        try:
            status = process.wait(20)
        except subprocess.TimeoutExpired:
            status = None
        stop(lab, process)
        tally.check("SIPp: " + row, status == 0, "exit status %s" % status)


with Lab() as lab:
    lab.start_kamailio()
    # Telephones without TLS cannot send to a sips: Contact (RFC 3261 12.1.1, 26.2.2).
    lab.start_daemon(scheme="sip", dial={"allow": ["*"], "per_hour": 1000})
    line = Line(lab)
    phones = [Baresip(lab, SPOKEN)]
    if shutil.which("linphonec"):
        phones.append(Linphone(lab, SPOKEN, session_expires_enabled=1,
                               session_expires_value=90))
    else:
        print("skip linphonec: it is not installed")
    for phone in phones:
        for row, function in ROWS:
            judge(row, line, phone, function)
    print_matrix([phone.name for phone in phones])
    if len(phones) > 1:
        tally.check("linphonec agrees on a session timer",
                    re.search(r"Session-Expires: 90;refresher=ua", phones[1].text()))
    ask_sipp(lab)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
