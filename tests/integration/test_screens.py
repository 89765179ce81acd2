# SPDX-License-Identifier: ISC
"""What strangers wrote, on the screen of whoever asks: each verb that prints it, with each kind of
character that moves, turns or hides, from a daemon that lets all of them through. And what a time
says, and which exit status each refusal is."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Tally

tally = Tally()
ODD = ["\x1b[2J", "\x01", "\x7f", "\x9b2J", "\x85", "\u200b", "\u200f", "\u202e", "\u2066", "\u2028",
       "\ufeff", "\u00ad", "\u3164", "\U000e0041"]
HIDDEN = "\u115f\u1160\u3164\uffa0\ufffd"


class Daemon:
    """Answers each command by what stands in `answers`."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "control")
        self.answers = {}
        self.events = []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client = self.server.accept()[0]
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            self.talk(client)
        except OSError:
            pass # it has heard enough
        client.close()

    def talk(self, client):
        for line in client.makefile("rb"):
            command = json.loads(line)
            answer = self.answers.get(command["cmd"], {})
            if command["cmd"] == "trace":
                self.tell(client, self.events[:-1])
            client.sendall(json.dumps(dict({"ok": True}, **answer, id=command["id"]),
                                      ensure_ascii=False).encode() + b"\n")
            if command["cmd"] in ("dial", "show"):
                self.tell(client, self.events[-1:])

    @staticmethod
    def tell(client, events):
        for event in events:
            client.sendall(json.dumps(event, ensure_ascii=False).encode() + b"\n")


def ctl(*words):
    done = subprocess.run([os.path.join(BUILDDIR, "offhookctl"), *words], capture_output=True,
                          env={"OFFHOOK_SOCKET": daemon.path, "OFFHOOK_CALL": "k3f9",
                               "PATH": "/usr/bin:/bin"},
                          check=False, timeout=20, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def odd_in(text):
    return [hex(ord(one)) for one in text if one != "\n" and
            (unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") or one in HIDDEN)]


def strings_of(value):
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in strings_of(part)]


def answers(name):
    """Whatever a stranger, a server or a hook can write, in each answer that has it."""
    row = {"call": "k3f9", "direction": "in", "state": "up", "seconds": 3, "codec": name,
           "from": name, "to": name, "from_name": name, "reason": name}
    hook = {"hook": name, "runs": 2, "failures": 2, "failing": True, "last_error": name,
            "last_failure": "2026-11-23T12:00:00.000Z"}
    return {
        "status": {"line": name, "aor": name, "summary": name, "connection": name, "server": name,
                   "server_name": name, "protocol": name, "connection_failure": name,
                   "config_failure": name, "calls_not_kept": name, "calls_refused": {name: 1},
                   "servers": 2, "server_source": name, "calls": 1},
        "calls": {"calls": [row]}, "show": row, "hooks": {"hooks": [hook]},
        "bindings": {"bindings": [{"contact": name}]},
        "trace": {"line": name, "protocol": name, "server": name},
        "test": {"hook": name, "runs": 1, "failures": 1, "last_error": name, "default": name,
                 "decisions": [{"decision": name}]},
        "reload": {"changed": [name], "needs_restart": [name]},
        "hangup": {"ok": False, "error": "refused", "text": name},
        "dial": {"call": "k3f9"},
    }


def events(name):
    sdp = "v=0\r\nm=audio 4%s0 RTP/AVP 96 %s\r\na=rtpmap:96 %s/8000\r\n" % (name, name, name)
    return [
        {"v": 1, "trace": "received", "t": "2026-11-23T12:00:00.000Z", "call": "k3f9",
         "text": "INV%sITE sip:a SIP/2.0\r\nFrom: %s\r\n\r\n%s" % (name, name, sdp)},
        {"v": 1, "trace": "hook", "t": "2026-11-23T12:00:00.000Z", "call": "k3f9", "text": name},
        {"v": 1, "event": "ended", "t": "2026-11-23T12:00:00.000Z", "call": "k3f9", "from": name,
         "to": name, "result": "rejected", "reason": name, "ended_by": "remote", "code": "603"},
    ]


def screens():
    verbs = (("status",), ("calls",), ("show",), ("hooks",), ("bindings",), ("trace",),
             ("trace", "--raw"), ("test", "incoming"), ("reload",), ("metrics",), ("hangup",),
             ("watch", "k3f9"), ("dial", "1"))
    for verb in verbs:
        for form in ((), ("--json",)):
            faults = []
            for odd in ODD:
                name = "x%sy" % odd
                daemon.answers, daemon.events = answers(name), events(name)
                _, out, err = ctl(*verb, *form)
                faults += odd_in(out) + odd_in(err) + ([] if out or err else ["nothing"])
                if form and verb[0] not in ("hangup", "dial"):
                    told = [text for line in out.splitlines() for text in strings_of(json.loads(line))]
                    faults += [] if any(odd in text for text in told) else ["lost " + ascii(odd)]
            tally.check("%s: none of it reaches a screen%s" %
                        (" ".join(verb + form), ", nor is any of it lost" if form else ""),
                        not faults, sorted(set(faults)))
    _, _, err = ctl("da\x1b[2Jnce")
    tally.check("nor what stands on the command line", not odd_in(err), err)
    daemon.answers = answers("J\u00fcrgen \u6771 \u05e9")
    tally.check("letters of all scripts do", "J\u00fcrgen \u6771 \u05e9" in ctl("calls")[1])


def times():
    def wall(ahead):
        now = time.time() + ahead
        return "%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)), now % 1 * 1000)
    seen = set()
    for _ in range(12):
        daemon.answers = {"status": {"started": wall(0), "line": "home", "aor": "sip:a"}}
        seen |= {line for line in ctl("status")[1].splitlines() if line.startswith("started")}
        time.sleep(0.09)
    tally.check("what was this second is not to come", seen and
                not [line for line in seen if ", in " in line], seen)
    for ahead, wanted in ((10.2, "in 10 s"), (-10.2, "10 s ago"), (300.2, "in 5 min"),
                          (-300.2, "5 min ago")):
        daemon.answers = {"status": {"started": wall(ahead), "line": "home", "aor": "sip:a"}}
        out = ctl("status")[1]
        tally.check("%s is said of a time %s s ahead" % (wanted, ahead), wanted in out, out)


def statuses():
    codes = {"no": 1, "usage": 2, "over": 3, "refused": 4, "far-end": 5, "of tomorrow": 4}
    for words in (("status",), ("calls",), ("show",), ("watch",), ("watch", "k3f9"),
                  ("test", "incoming"), ("trace",), ("hooks",), ("metrics",), ("reregister",),
                  ("bindings",), ("reload",), ("check",), ("log", "info"), ("ring",), ("ring", "1"),
                  ("wait-online",), ("wait", "1"), ("progress",), ("answer",), ("reject",),
                  ("redirect", "sip:a"), ("ignore",), ("accept",), ("play", "-"), ("ask",),
                  ("record", "-"), ("audio",), ("flush",), ("drain",), ("mute",), ("unmute",),
                  ("bridge", "zzzz"), ("hold",), ("resume",), ("dtmf", "1"), ("transfer", "1"),
                  ("dial", "1"), ("message", "1", "a"), ("hangup",)):
        cmd = {"wait-online": "status", "metrics": "status", "wait": "watch", "play": "audio",
               "record": "audio"}.get(words[0], "watch" if words == ("ring", "1") else words[0])
        wrong = []
        for error, code in codes.items():
            daemon.answers = {cmd: {"ok": False, "error": error, "text": "so it is"}}
            got, out, err = ctl(*words)
            if got != code or "so it is" not in err or out.strip():
                wrong.append((error, got, out, err))
        tally.check("%s: as the manual says of each refusal" % " ".join(words), not wrong, wrong)


def profiles():
    for profile, shown in (("RTP/AVP", "PCMU rtp 4000"), ("RTP/SAVP", "PCMU RTP/SAVP 4000"),
                           ("UDP/TLS/RTP/SAVPF", "PCMU UDP/TLS/RTP/SAVPF 4000")):
        daemon.answers = {"trace": {"line": "home", "protocol": "TLS1.3", "server": "a"}}
        daemon.events = [{"v": 1, "trace": "received", "t": "2026-11-23T12:00:00.000Z",
                          "text": "INVITE sip:a SIP/2.0\r\n\r\nm=audio 4000 %s 0\r\n" % profile}, {}]
        out = ctl("trace")[1]
        tally.check("the ladder shows %s" % profile, shown in out, out)


def usage():
    for words, meant in ((("statsu",), "status"), (("hang-up",), "hangup"), (("cals",), "calls"),
                         (("rejct",), "reject"), (("weight",), None), (("qqqqqq",), None), (("x",), None)):
        code, out, err = ctl(*words)
        says = "did you mean %s?" % meant if meant else "see offhookctl --help"
        tally.check("%s: one line, %s" % (words[0], says), code == 2 and not out and says in err and
                    len(err.splitlines()) == 1, err)
    for words in ((), ("--nothing",), ("--call",)):
        code, out, err = ctl(*words)
        tally.check("%s: 2, and little to read" % (words,), code == 2 and not out and
                    len(err.splitlines()) <= 2, err)
    for words in (("-h",), ("--help",)):
        code, out, err = ctl(*words)
        tally.check("%s: all verbs, 0" % words, code == 0 and "hangup" in out and not err, err)


with tempfile.TemporaryDirectory(prefix="offhook-") as folder:
    daemon = Daemon(folder)
    screens()
    times()
    statuses()
    profiles()
    usage()
tally.end()
