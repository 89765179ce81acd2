# SPDX-License-Identifier: ISC
"""Telephones that others wrote, through a real proxy: a matrix of peer and feature.

Each row is a function of one telephone that says whether it works; it returns a text where the
telephone cannot do it. linphonec is asked only where it is installed.
"""
import array
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tally, correlate, need, tone, wait_for
from peers import Baresip, Linphone, Sipp, read_raw, write_raw

need("baresip", "sipp")
SPOKEN = tone(30.0)
ANSWER = "echo ring; sleep 0.2; echo answer /usr/bin/tee %s"
ECHO = "echo ring; sleep 0.2; echo answer /bin/cat"
RING = "echo ring; exec sleep 20"
tally = Tally()
matrix = {}


class Line:
    """The daemon as a user sees it: its events, its calls, its commands."""

    def __init__(self, lab):
        self.lab = lab
        self.events = []
        self.taken = lab.path("taken")
        self.spoken = lab.path("spoken")
        write_raw(self.spoken, SPOKEN)
        self.speaker = lab.write("speak", "#!/bin/sh\nexec 3<&0\ncat <&3 >%s &\ncat %s\nwait\n"
                                 % (self.taken, self.spoken), 0o755)
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

    def event(self, kind, call, seconds=15):
        def look():
            return next((one for one in list(self.events) if one["event"] == kind and
                         one.get("call") == call and "digit" not in one), None)
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
        return wait_for("a call with " + user, look, 15)

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
        words = ["--detach", user, *(program or ("/usr/bin/tee", self.taken))]
        answer = self.lab.ask("dial", args=" ".join(words))
        if not answer["ok"]:
            raise AssertionError("dial: " + answer["text"])
        return answer["call"]


# ---- rows: the peer calls us ---------------------------------------------------------------

def called(line, phone, hook=ANSWER):
    line.lab.hook("incoming", hook % line.taken if "%s" in hook else hook)
    phone.call("sip:alice@" + line.lab.name)
    return line.call(phone.user)


def called_up(line, phone, hook=ANSWER):
    call = called(line, phone, hook)
    if not phone.is_up():
        raise AssertionError("the telephone sees no answer")
    return call


def both_hear_the_end(line, phone, call, by):
    ended = line.event("ended", call)
    return ended and ended.get("ended_by") == by and phone.is_over()


def echo_is_heard(phone):
    """A tenth of a second of what it said is in what it heard: on a busy machine a frame may be
    dropped on the way, so that one of several will do."""
    heard = []

    def listen():
        heard[:] = phone.heard()
        return len(heard) > 20000
    wait_for("sound", listen, 10)
    return any(correlate(SPOKEN[place:place + 800], heard[place:place + 8000])[0] > 0.95
               for place in (2400, 5600, 8800, 12000))


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

def dialled(line, phone, *program):
    phone.forget()
    call = line.dial(phone.user, *program)
    if not phone.rings():
        raise AssertionError("the telephone does not ring")
    return call


def dialled_up(line, phone, *program):
    call = dialled(line, phone, *program)
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


# ---- rows that only some can do ------------------------------------------------------------

def reliable(line, timed):
    """Its 180 to us is reliable, and PRACK has been answered."""
    phone = timed["dialled"]
    return phone.saw_before(r"\nRSeq: 1\r?\n") and phone.saw_before(r"\nPRACK sip:") and \
        phone.saw_before(r"\nCSeq: \d+ PRACK\r?\n") and len(line.calls(phone.user)) == 1


def refreshed(line, phone, request):
    """The UPDATE at half of the 90 seconds, its 200, and the call is still up."""
    return phone.saw(request, 70) and phone.saw(r"\nSIP/2\.0 200 ") and \
        phone.saw(r"\nSession-Expires: 90") and \
        [one["state"] for one in line.calls(phone.user)] == ["up"]


def start_timed(lab, line):
    """Calls with a session timer begin first: half of its least time passes beside the other rows."""
    options = {"100rel_support_level": 2, "session_expires_enabled": 1, "session_expires_value": 90,
               "session_expires_min_value": 90}
    timed = {}
    for name, refresher in (("it", 2), ("we", 1), ("dialled", 0)):
        timed[name] = Linphone(lab, SPOKEN, "linphonec-" + name,
                               session_expires_refresher_value=refresher, **options)
    for name in ("it", "we"):
        called_up(line, timed[name], ECHO)
    dialled_up(line, timed["dialled"], "/bin/cat")
    return timed


def judge_timed(line, timed):
    phone = timed["dialled"]
    cell(RELIABLE, "linphonec", bool(reliable(line, timed)))
    cell(IT_REFRESHES, "linphonec",
         bool(refreshed(line, timed["it"], r"\nUPDATE sip:alice@") and
              refreshed(line, phone, r"\nUPDATE sip:alice@")))
    cell(WE_REFRESH, "linphonec", bool(refreshed(line, timed["we"], r"\nUPDATE sip:127\.0\.0\.1:")))
    for phone in timed.values():
        phone.hang_up()
        wait_for("no call", lambda: not line.calls(phone.user), 10)


def voice_comes_back(line):
    """SIPp sends back what our program says."""
    samples = read_raw(line.taken)
    return correlate(SPOKEN[2400:3200], samples[:16000])[0] > 0.95


def sipp_calls(line, sipp, scenario, hook):
    """The scenario calls us; true when it was played to its end and no call is left."""
    line.lab.hook("incoming", hook)
    is_done = sipp.play(scenario)
    wait_for("no call", lambda: not line.calls(sipp.caller))
    return is_done


def sipp_is_called(line, sipp, scenario, act):
    """We call SIPp with a program that speaks, and `act` on the call."""
    sipp.start(scenario)
    call = line.dial(sipp.user, line.speaker)
    is_right = act(call)
    is_done = sipp.is_done()
    return is_done and is_right and line.event("ended", call) is not None


def sipp_rows(line, sipp):
    """(row, what SIPp's part of it is)"""
    speak = "echo ring; sleep 0.2; echo answer " + line.speaker

    def calls(scenario, hook=ANSWER % line.taken):
        return lambda: sipp_calls(line, sipp, scenario, hook)

    def speaks(scenario):
        return lambda: sipp_calls(line, sipp, scenario, speak) and voice_comes_back(line)

    def hear(call):
        return line.event("ended", call).get("ended_by") == "remote"

    def hang_up(call):
        line.call(sipp.user, "up")
        return line.command(call, "hangup")

    def hold(call):
        line.call(sipp.user, "up")
        return line.command(call, "hold") and line.command(call, "resume") and \
            line.command(call, "hangup")

    def busy(call):
        ended = line.event("ended", call)
        return ended and ended["result"] == "busy" and ended.get("code") == "486"

    return (
        (CALLS, speaks("call")),
        (WE_HANG_UP, calls("far_bye", "echo ring; echo answer; sleep 0.5; echo hangup")),
        (HOLDS, calls("hold")),
        (DIGITS, lambda: "no scenario sends digits"),
        (CANCELS, calls("cancel", RING)),
        (REFUSED, lambda: all(sipp_calls(line, sipp, "refused_%d" % status, "echo reject %d" % status)
                              for status in (486, 603))),
        (WE_CALL, lambda: sipp_is_called(line, sipp, "called_bye", hear) and voice_comes_back(line)),
        (WE_CALL_HANG_UP, lambda: sipp_is_called(line, sipp, "called", hang_up)),
        (WE_HOLD, lambda: sipp_is_called(line, sipp, "called_hold", hold)),
        (REFUSES, lambda: sipp_is_called(line, sipp, "called_busy", busy)),
        (RELIABLE, calls("reliable")),
        (IT_REFRESHES, calls("timer")),
        (LATE, speaks("late_offer")),
        (LATER, speaks("late_reinvite")),
    )


CALLS = "it calls: answered, its voice comes back, it hangs up"
WE_HANG_UP = "it calls: we hang up"
HOLDS = "it holds and takes back"
DIGITS = "its digits are heard"
CANCELS = "it hangs up while we ring"
REFUSED = "it sees 486 and 603"
WE_CALL = "we call: it answers, its voice comes back, it hangs up"
WE_CALL_HANG_UP = "we call: we hang up"
WE_HOLD = "we hold and take back"
OUR_DIGITS = "it hears our digits"
REFUSES = "it refuses"
WE_CANCEL = "we hang up while it rings"
RELIABLE = "100rel: a reliable 180 and its PRACK"
IT_REFRESHES = "session timer: it refreshes"
WE_REFRESH = "session timer: we refresh"
LATE = "INVITE without SDP: its answer is in the ACK"
LATER = "re-INVITE without SDP"
ROWS = ((CALLS, in_answered), (WE_HANG_UP, in_we_hang_up), (HOLDS, in_hold), (DIGITS, in_digits),
        (CANCELS, in_cancelled), (REFUSED, in_refused), (WE_CALL, out_answered),
        (WE_CALL_HANG_UP, out_we_hang_up), (WE_HOLD, out_hold), (OUR_DIGITS, out_digits),
        (REFUSES, out_refused), (WE_CANCEL, out_cancelled))
CANNOT = {"baresip": {RELIABLE: "version 1.0.0 has no 100rel", IT_REFRESHES: "1.0.0 has no timers",
                      WE_REFRESH: "1.0.0 has no timers", LATE: "it always offers",
                      LATER: "it always offers"},
          "linphonec": {LATE: "it always offers", LATER: "it always offers"},
          "SIPp": {OUR_DIGITS: "it understands no digits", WE_CANCEL: "no scenario for it",
                   WE_REFRESH: "no scenario for it"}}


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


def attempt(function, *arguments):
    """What it says, or false with what went wrong."""
    try:
        return function(*arguments), ""
    except (AssertionError, OSError, subprocess.SubprocessError, IndexError, KeyError) as error:
        return False, repr(error)


def end_calls(line, phone):
    for call in line.calls(phone.user):
        line.command(call["call"], "hangup")
        phone.hang_up()
    wait_for("no call", lambda: not line.calls(phone.user), 10)


def attempt_twice(clean, function, *arguments):
    """A telephone on a busy machine may stumble once; a fault of ours stays."""
    outcome, detail = attempt(function, *arguments)
    if outcome:
        return outcome, detail
    print("once more: %s" % detail)
    clean()
    return attempt(function, *arguments)


def judge(row, line, phone, function):
    outcome, detail = attempt_twice(lambda: end_calls(line, phone), function, line, phone)
    if not outcome:
        print("\n".join(line.lab.log("offhookd").splitlines()[-12:]))
        print(phone.last_words())
    cell(row, phone.name, bool(outcome), detail)
    end_calls(line, phone)


def judge_sipp(line, sipp):
    for row, function in sipp_rows(line, sipp):
        outcome, detail = attempt_twice(
            lambda: wait_for("no calls", lambda: not line.lab.ask("calls")["calls"], 40), function)
        if not outcome:
            print(sipp.last_words())
        cell(row, sipp.name, outcome if isinstance(outcome, str) else bool(outcome), detail)


def print_matrix():
    """The rows in the order of the features, a column for each telephone."""
    rows = [row for row, _ in ROWS] + [RELIABLE, IT_REFRESHES, WE_REFRESH, LATE, LATER]
    peers = list(dict.fromkeys(peer for _, peer in matrix))
    for row in rows:
        for peer in peers:
            reason = CANNOT[peer].get(row)
            if reason:
                cell(row, peer, reason)
    width = max(len(row) for row in rows)
    print("\n%-*s  %s" % (width, "", "  ".join("%-9s" % peer for peer in peers)))
    for row in rows:
        print("%-*s  %s" % (width, row,
                            "  ".join("%-9s" % matrix.get((row, peer), "-") for peer in peers)))
    print(flush=True)


with Lab() as lab:
    lab.start_kamailio()
    # Telephones without TLS cannot send to a sips: Contact (RFC 3261 12.1.1, 26.2.2).
    # What is compared sample by sample keeps its waveform; all codecs: test_codecs.py.
    lab.start_daemon("-o", "audio.codecs=PCMA PCMU", scheme="sip", dial={"allow": ["*"], "per_hour": 1000})
    line = Line(lab)
    phones = [Baresip(lab, SPOKEN)]
    timed = None
    if shutil.which("linphonec"):
        timed = start_timed(lab, line)
        phones.append(Linphone(lab, SPOKEN))
    else:
        print("skip linphonec: it is not installed")
    for phone in phones:
        for row, function in ROWS:
            judge(row, line, phone, function)
    judge_sipp(line, Sipp(lab))
    if timed:
        judge_timed(line, timed)
    print_matrix()
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
