# SPDX-License-Identifier: ISC
"""Clients of the control socket that command calls: what a token allows, and what becomes of calls
that a client has claimed, however that client ends."""
import json
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Callee, Caller, Lab, Tally, wait_for

tally = Tally()


class Client:
    """One connection; answers and events in the order in which they came."""

    def __init__(self, lab):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(15)
        self.socket.connect(lab.path("control"))
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.events = []
        self.last = 0

    def send(self, cmd, **fields):
        self.last += 1
        self.socket.sendall(json.dumps(dict(fields, id=self.last, cmd=cmd)).encode() + b"\n")
        return self.last

    def ask(self, cmd, **fields):
        number = self.send(cmd, **fields)
        while True:
            answer = json.loads(self.lines.readline())
            if answer.get("id") == number:
                return answer
            self.events.append(answer)

    def event(self):
        return self.events.pop(0) if self.events else json.loads(self.lines.readline())

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.lines.close()
        self.socket.close()


def in_background(caller, **options):
    results = []
    thread = threading.Thread(target=lambda: results.append(caller.invite(**options)))
    thread.start()
    return thread, results


def no_calls(lab):
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)


def ran(lab):
    try:
        with open(lab.path("ran"), encoding="ascii") as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def claimed(lab):
    client, other = Client(lab), Client(lab)
    tally.check("an event can be claimed", client.ask("claim", event="incoming")["ok"])
    answer = other.ask("claim", event="incoming")
    tally.check("by one client at a time", answer["error"] == "refused", answer)
    tally.check("only what wants a decision can be",
                other.ask("claim", event="dtmf")["error"] == "usage" and
                other.ask("claim")["error"] == "usage")
    other.ask("watch")
    caller = Caller(lab)
    thread, results = in_background(caller)
    event = client.event()
    tally.check("the client is asked with call and token", event["v"] == 1 and
                event["event"] == "incoming" and event["from"] == "4930123456" and
                len(event["token"]) == 24 and event["t"].endswith("Z"), event)
    told = other.event()
    tally.check("who watches is told without the token", told["call"] == event["call"] and
                "token" not in told, told)
    call, token = event["call"], event["token"]

    stranger = Client(lab)
    wrong = stranger.ask("answer", call=call, token="x" * 24)
    tally.check("a wrong token commands nothing", wrong["error"] == "refused" and
                "token" in wrong["text"], wrong)
    tally.check("nor does leaving it out then",
                stranger.ask("answer", call=call)["error"] == "refused")
    tally.check("nor anything else", stranger.ask("dial", args="sip:1@a.example")["error"] == "refused")
    tally.check("but it may look", stranger.ask("status")["ok"] and stranger.ask("show", call=call)["ok"])
    tally.check("the right one commands", stranger.ask("ring", call=call, token=token)["ok"])
    stranger.close()

    tally.check("the client rings", client.ask("ring", call=call)["ok"])
    tally.check("and answers", client.ask("answer", call=call, token=token)["ok"])
    thread.join(10)
    tally.check("the caller hears both", results and results[0][0] == 200 and 180 in results[0][1],
                results)
    tally.check("no hook was asked, `any` was told", wait_for("any", lambda: "any-incoming-" + call in ran(lab))
                and "incoming-" + call not in ran(lab), ran(lab))
    tally.check("the call is the client's", lab.ctl("--call", call, "wait", "0.5")[0] == 0)
    client.close()
    tally.check("and ends with its connection", caller.wait_bye())
    caller.close()
    other.close()
    no_calls(lab)
    code, _, err = lab.ctl("hangup", env={"OFFHOOK_CALL": call, "OFFHOOK_TOKEN": token})
    tally.check("offhookctl tells a call that is over whatever the token", code == 3, err)


def silent(lab):
    client = Client(lab)
    client.ask("claim", event="incoming")
    before = lab.ask("status")["claims_lapsed"]
    caller = Caller(lab)
    final, _ = caller.invite()
    tally.check("a silent client leaves the call to the hook", final == 603, final)
    tally.check("which is counted", lab.ask("status")["claims_lapsed"] == before + 1)
    tally.check("and logged", "said nothing within hooks.decide" in lab.log("offhookd"))
    client.close()
    caller.close()


def lost(lab, rings):
    client = Client(lab)
    client.ask("claim", event="incoming")
    caller = Caller(lab)
    thread, results = in_background(caller)
    event = client.event()
    if rings:
        client.ask("ring", call=event["call"])
    client.close()
    thread.join(10)
    tally.check("a client lost %s leaves the call to the hook" %
                ("after ringing" if rings else "without a word"), results and results[0][0] == 603,
                results)
    caller.close()
    again = Client(lab)
    tally.check("and the event to the next", again.ask("claim", event="incoming")["ok"])
    again.close()


def given_up(lab):
    before = lab.ask("status")["claims_lapsed"]
    client = Client(lab)
    client.ask("claim", event="incoming")
    caller = Caller(lab)
    thread, results = in_background(caller)
    event = client.event()
    client.ask("ring", call=event["call"])
    wait_for("ringing", lambda: lab.ask("calls")["calls"])
    time.sleep(0.3)
    caller.cancel()
    thread.join(10)
    tally.check("a caller may give up", results and results[0][0] == 487, results)
    answer = client.ask("answer", call=event["call"])
    tally.check("then the call is over", answer["error"] == "over", answer)
    client.close()
    caller.close()
    no_calls(lab)
    call = event["call"]
    wait_for("the end", lambda: "any-ended-" + call in ran(lab))
    told = [word for word in ran(lab) if word.endswith(call)]
    tally.check("`any` is told of the call before its end, no hook is asked",
                told == ["any-incoming-" + call, "any-ended-" + call], told)
    tally.check("and nothing has lapsed", lab.ask("status")["claims_lapsed"] == before)


def outgoing(lab):
    client = Client(lab)
    client.ask("claim", event="outgoing")
    phone = Callee(lab)
    dialled = []
    thread = threading.Thread(target=lambda: dialled.append(lab.ctl("dial", phone.number)))
    thread.start()
    event = client.event()
    tally.check("a call out can be claimed", event["event"] == "outgoing" and event["to"], event)
    client.ask("reject", call=event["call"], args="403 not today")
    thread.join(10)
    tally.check("and vetoed", dialled and dialled[0][0] == 125 and "not today" in dialled[0][2], dialled)
    tally.check("so that nothing leaves", phone.wait_invite(0.5) is None)
    thread = threading.Thread(target=lambda: dialled.append(lab.ctl("dial", phone.number)))
    thread.start()
    event = client.event()
    tally.check("or allowed", client.ask("accept", call=event["call"])["ok"] and
                phone.wait_invite() is not None)
    phone.respond("486 Busy Here")
    thread.join(10)
    client.close()
    phone.close()
    no_calls(lab)


with Lab() as lab:
    lab.start_kamailio()
    lab.hook("incoming", "echo incoming-$OFFHOOK_CALL >>%s; echo reject 603" % lab.path("ran"))
    lab.hook("any", "echo any-$OFFHOOK_EVENT-$OFFHOOK_CALL >>%s" % lab.path("ran"))
    lab.start_daemon(scheme="sip", decide=2, dial={"allow": ["*"], "per_hour": 1000})
    claimed(lab)
    silent(lab)
    lost(lab, False)
    lost(lab, True)
    given_up(lab)
    outgoing(lab)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
