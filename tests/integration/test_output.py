# SPDX-License-Identifier: ISC
"""What offhookctl prints: for people, and with --json, where each answer and each event is held
against tests/data/json/protocol.schema.json."""
import json
import os
import pty
import re
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Callee, Caller, Lab, Tally, wait_for
from schema import Schema

tally = Tally()
schema = Schema()
EVENTS = ("incoming", "outgoing", "answered", "dtmf", "hold", "resume", "ended", "message", "mwi",
          "transfer", "online", "offline")


def fits(what, name, values):
    faults = [fault for value in values for fault in schema.faults(name, value)]
    tally.check("%s: as the schema says" % what, values and not faults, faults[:3] or
                ("" if values else "nothing was printed"))


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


class Listener:
    """Every line of one connection that watches."""

    def __init__(self, lab):
        self.process = subprocess.Popen(
            [os.path.join(BUILDDIR, "offhookctl"), "watch", "--json"], text=True,
            env={"OFFHOOK_SOCKET": lab.path("control")}, stdout=subprocess.PIPE)
        self.events = []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def kinds(self):
        return {event["event"] for event in self.events}

    def stop(self):
        self.process.terminate()
        self.thread.join()
        self.process.wait()
        self.process.stdout.close()


def press(caller, code):
    """A telephone-event with its three ends (RFC 4733)."""
    for duration, end in ((160, 0), (800, 0x80), (800, 0x80), (800, 0x80)):
        header = struct.pack("!BBHII", 0x80, 0x80 | 101 if not end else 101,
                             caller.sequence & 0xffff, caller.timestamp & 0xffffffff, caller.ssrc)
        caller.sequence += 1
        caller.rtp.sendto(header + struct.pack("!BBH", code, end | 10, duration), caller.remote)
    caller.timestamp += 800


def call_in(lab):
    caller = Caller(lab, user="+4930777", name="J\u00fcrgen W.")
    status, _ = caller.invite()
    tally.check("a call is answered", status == 200, status)
    fits("calls", "call", objects(lab.ctl("calls", "--json")[1]))
    call = objects(lab.ctl("calls", "--json")[1])[0]["call"]
    fits("show", "call", objects(lab.ctl("show", call, "--json")[1]))
    caller.talk([0] * 1600, 0)
    press(caller, 5)
    press(caller, 11)
    caller.talk([0] * 1600, 0)
    routes = caller.routes
    for direction in ("sendonly", "sendrecv"):
        caller.cseq += 1
        caller.routes = routes
        caller.invite(body=caller.sdp(direction))
    caller.routes = routes
    caller.cseq += 1
    caller.send("REFER", headers=["Refer-To: <sip:carol@elsewhere.example>"])
    caller.wait_status("REFER")
    caller.cseq += 1
    caller.send("MESSAGE", "ring me up", kind="text/plain")
    caller.wait_status("MESSAGE")
    table = lab.ctl("calls")[1].splitlines()
    tally.check("calls is a table whose columns are aligned", len(table) == 2 and
                table[0].index("state") == table[1].index("up"), table)
    caller.bye()
    caller.close()
    stranger = Caller(lab)
    stranger.send("NOTIFY", "Messages-Waiting: yes\r\n", kind="application/simple-message-summary",
                  headers=["Event: message-summary", "Subscription-State: active"])
    stranger.wait_status("NOTIFY")
    stranger.close()


def call_out(lab):
    phone = Callee(lab)
    process = subprocess.Popen([os.path.join(BUILDDIR, "offhookctl"), "dial", "--json", phone.number,
                                "--", "/bin/true"], text=True, stdout=subprocess.PIPE,
                               env={"OFFHOOK_SOCKET": lab.path("control")})
    phone.wait_invite()
    phone.respond("200 OK", phone.sdp())
    phone.wait_request("ACK")
    phone.wait_bye()
    out, _ = process.communicate(timeout=20)
    events = objects(out)
    tally.check("dial --json prints the call's events", [event["event"] for event in events] ==
                ["outgoing", "answered", "ended"], events)
    for event in events:
        fits("dial: " + event["event"], event["event"], [event])
    tally.check("but not its token", "TOKEN" not in out)
    fits("dial --detach", "dial", objects(lab.ctl("dial", "--detach", "/bin/true", "--json",
                                                  phone.number)[1]))
    phone.wait_invite()
    phone.respond("486 Busy Here")
    phone.close()
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)


def answers(lab):
    for verb, name in (("status", "status"), ("hooks", "hook"), ("bindings", "binding"),
                       ("check", "check"), ("trace", "trace")):
        code, out, err = lab.ctl(verb, "--json")
        tally.check("%s --json ends with 0" % verb, code == 0, err)
        fits(verb, name, objects(out))
    fits("test", "test", objects(lab.ctl("test", "incoming", "--json")[1]))
    with open(lab.path("offhookd.conf"), "a", encoding="ascii") as file:
        file.write('incoming = "reject 486";\n')
    fits("reload", "reload", objects(lab.ctl("reload", "--json")[1]))
    for cmd, fields in (("show", {"call": "zzzz"}), ("dance", {}), ("log", {"args": "x"}),
                        ("dial", {"args": "sip:1@forbidden.example"})):
        fits("a refusal of " + cmd, "refusal", [lab.ask(cmd, **fields)])


def on_terminal(lab, *words, **environment):
    """What it prints to a terminal."""
    master, slave = pty.openpty()
    subprocess.run([os.path.join(BUILDDIR, "offhookctl"), *words], stdout=slave, check=False,
                   env={"OFFHOOK_SOCKET": lab.path("control"), "TERM": "xterm", **environment})
    os.close(slave)
    text = os.read(master, 65536).decode()
    os.close(master)
    return text


def watching(lab):
    code, _, err = lab.ctl("watch", "zzzz")
    tally.check("watch ends with 3 for a call that is not there", code == 3, (code, err))
    caller = Caller(lab)
    caller.invite()
    call = lab.ask("calls")["calls"][0]["call"]
    watch = subprocess.Popen([os.path.join(BUILDDIR, "offhookctl"), "watch", call], text=True,
                             env={"OFFHOOK_SOCKET": lab.path("control")}, stdout=subprocess.PIPE)
    time.sleep(0.3)
    caller.bye()
    caller.close()
    out, _ = watch.communicate(timeout=10)
    tally.check("watch CALL ends with the call", watch.returncode == 0 and
                re.match(r"^\S+Z  ended      call=%s  .*result=answered" % call, out), out)


def people(lab):
    out = lab.ctl("status")[1]
    rows = dict(re.split(r"\s+", line, maxsplit=1) for line in out.splitlines() if line[0] != " ")
    tally.check("status names what matters", {"line", "state", "server", "connection", "registered",
                                              "calls", "hooks", "started"} <= set(rows), out)
    tally.check("its columns are aligned", all(line[13] == " " and line[14] != " "
                                               for line in out.splitlines()), out)
    tally.check("a hook that fails stands there", "incoming: 2 failed" in out, out)
    tally.check("times are told in words too", re.search(r"until \d\d:\d\d:\d\d, in \d+ (s|min)", out))
    tally.check("there is no colour in a pipe", "\033" not in out)
    tally.check("there is on a terminal", "\033[32m" in on_terminal(lab, "status"))
    tally.check("but not with NO_COLOR", "\033" not in on_terminal(lab, "status", NO_COLOR="1"))
    tally.check("nor on a dumb one", "\033" not in on_terminal(lab, "status", TERM="dumb"))
    table = lab.ctl("hooks")[1].splitlines()
    column = table[0].index("failures")
    tally.check("hooks is a table whose columns are aligned",
                all(line[column - 1] == " " and line[column] != " " for line in table), table)


def offline(lab):
    lab.stop_kamailio()
    wait_for("the loss", lambda: not lab.is_online())
    out = wait_for("the reason", lambda: (lambda text: text if "next attempt" in text else None)(
        lab.ctl("status")[1]), 20)
    tally.check("without a connection status says why, what to do, and when it is tried again",
                "no connection: " in out and "next attempt" in out and "reregister" in out, out)
    fits("status offline", "status", objects(lab.ctl("status", "--json")[1]))
    tally.check("in red", "\033[31m" in on_terminal(lab, "status"))


with Lab() as lab:
    lab.start_kamailio()
    lab.hook("incoming", "echo answer /bin/cat; exit 9")
    lab.start_daemon(scheme="sip", dial={"allow": ["phone-*"], "per_hour": 1000})
    listener = Listener(lab)
    time.sleep(0.3)
    call_in(lab)
    call_out(lab)
    answers(lab)
    watching(lab)
    people(lab)
    offline(lab)
    lab.start_kamailio()
    lab.ctl("reregister")
    lab.wait_online(60)
    try:
        wait_for("every event", lambda: set(EVENTS) <= listener.kinds())
    except AssertionError:
        pass
    listener.stop()
    tally.check("every event was seen", listener.kinds() == set(EVENTS),
                set(EVENTS) - listener.kinds())
    for kind in EVENTS:
        fits("watch: " + kind, kind, [one for one in listener.events if one["event"] == kind])
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
