# SPDX-License-Identifier: ISC
"""The contract with users, sentence by sentence, on the real daemon: tests/contract/rows.tsv says
which line here stands for which sentence. Every hook records how it was run."""
import grp
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Callee, Caller, Lab, Tally, wait_for

DECIDE, LINGER = 2, 2
EVENTS = ("incoming", "outgoing", "answered", "dtmf", "hold", "resume", "ended", "message", "mwi",
          "transfer", "online", "offline", "any")
CTL = os.path.join(BUILDDIR, "offhookctl")
tally = Tally()

RECORD = """at=$(date +%%s%%N)
folder=$(mktemp -d "%(out)s/$1.XXXXXX")
cat /proc/$$/environ > $folder/environ
tr '\\0' '\\n' < /proc/$$/cmdline > $folder/cmdline
(cd /proc/$$/fd; for fd in *; do echo "$fd $(readlink $fd)"; done) > $folder/descriptors
readlink /proc/$$/cwd > $folder/cwd
stat -c %%a . > $folder/mode
cat > $folder/stdin
echo $at %(event)s $(date +%%s%%N) > $folder/done.part
mv $folder/done.part $folder/done
"""


class Record:
    """One run of a hook."""

    def __init__(self, folder):
        def read(name):
            with open(os.path.join(folder, name), "rb") as file:
                return file.read()
        began, self.hook, ended = read("done").decode().split()
        self.began, self.ended = int(began), int(ended)
        self.environ = dict(pair.split("=", 1) for pair in
                            read("environ").decode("utf-8", "replace").split("\0") if pair)
        self.argv = read("cmdline").decode().split("\n")[:-1]
        self.descriptors = dict(line.split(" ", 1) for line in
                                read("descriptors").decode().splitlines())
        self.cwd = read("cwd").decode().strip()
        self.mode = read("mode").decode().strip()
        self.stdin = read("stdin")
        self.event = self["EVENT"]

    def __getitem__(self, name):
        return self.environ.get("OFFHOOK_" + name)


class Desk:
    """The laboratory with hooks that record."""

    def __init__(self, lab):
        self.lab = lab
        self.out = lab.make_folder("out")
        os.chmod(self.out, 0o777)
        for event in EVENTS:
            self.hook(event)

    def hook(self, event, then=""):
        self.lab.hook(event, RECORD % {"out": self.out, "event": event.split("/")[-1]} + then)

    def unhook(self, event):
        os.remove(os.path.join(self.lab.hooks, event))

    def records(self, hook=None, **values):
        found = []
        for name in os.listdir(self.out):
            folder = os.path.join(self.out, name)
            if os.path.exists(os.path.join(folder, "done")):
                record = Record(folder)
                if hook in (None, record.hook) and \
                        all(record[key] == value for key, value in values.items()):
                    found.append(record)
        return sorted(found, key=lambda record: record.began)

    def wait(self, hook, seconds=8, **values):
        return wait_for("the hook %s with %s" % (hook, values),
                        lambda: self.records(hook, **values), seconds)[-1]

    def clear(self):
        wait_for("no hooks", lambda: self.lab.ask("status")["hooks_alive"] == 0, 15)
        for name in os.listdir(self.out):
            shutil.rmtree(os.path.join(self.out, name))

    def ended(self, user):
        """Of the call from or to that number: its hook `ended`, when all is over."""
        def find():
            return self.records("ended", FROM=user) + self.records("ended", TO=user)
        record = wait_for("the end of " + user, find, 10)[0]
        wait_for("its folder to go", lambda: not os.path.exists(record["DIR"]), 10)
        return record

    def counters(self, event):
        rows = {row["hook"]: row for row in self.lab.ask("hooks")["hooks"]}
        return rows.get(event, {"runs": 0, "failures": 0, "timeouts": 0, "dropped": 0})


def reinvite(caller, direction):
    caller.cseq += 1
    caller.send("INVITE", caller.sdp(direction))
    status = caller.wait_status("INVITE")
    caller.send("ACK")
    return status


def calls(lab):
    return lab.ask("calls")["calls"]


# ---- one call with everything ----------------------------------------------------------------

NAME = "J\u00fcrgen $(id) \u7530"


def make_the_call(desk):
    """Rings, progresses, is answered by a program with words; digits, hold, REFER, BYE."""
    lab = desk.lab
    desk.hook("incoming", "echo ring; sleep 0.3; echo progress; sleep 0.3\n"
              "echo answer %s one '*' '$HOME' '; id'\nsleep 2.5"
              % lab.write("program", '#!/bin/sh\nprintf "%%s\\n" "$@" > %s\n'
                          'cat /proc/$$/environ > %s\nexec cat\n'
                          % (lab.path("words"), lab.path("program.environ")), 0o755))
    caller = Caller(lab, user="+4930555", name=NAME, headers=[
        "P-Asserted-Identity: <sip:+4930777;verstat=TN-Validation-Passed@caller.example>",
        "Diversion: <sip:+49888@lab.example>;reason=user-busy", "X-Door: front\x7fdoor",
        "X-Secret: not for hooks"])
    final, statuses = caller.invite()
    tally.check("100 comes before the hook has said anything", statuses[:1] == [100], statuses)
    tally.check("ring is 180, progress 183, answer 200", final == 200 and
                statuses[-3:] == [180, 183, 200], statuses)
    caller.talk([0] * 2400, 0.1)
    shown = lab.ask("show", call=calls(lab)[0]["call"])
    tally.check("show --json has the faithful text", shown["from_name"] == NAME and
                "verstat" in shown["from_uri"], ascii(shown["from_name"]))
    caller.press("12#34")
    tally.check("and not before its pause", not desk.records("dtmf", DIGITS="34"))
    tally.comes("dtmf: a string ends with #", lambda: desk.records("dtmf", DIGITS="12#"), 8)
    tally.comes("dtmf: a string ends with a pause of two seconds",
                lambda: desk.records("dtmf", DIGITS="34"), 8)
    tally.check("hold and resume: the caller's re-INVITEs are taken",
                reinvite(caller, "sendonly") == 200 and reinvite(caller, "sendrecv") == 200)
    desk.wait("resume")
    caller.cseq += 1
    caller.send("REFER", headers=["Refer-To: <sip:+49999@lab.example>",
                                  "Referred-By: <sip:+4930777@caller.example>"])
    status = caller.wait_status("REFER")
    tally.check("transfer: without a decision it is refused with 603", status == 603, status)
    tally.check("a call lives on while its program does", calls(lab) != [])
    tally.check("the caller hangs up", caller.bye() == 200)
    caller.close()
    return caller


def check_events(desk):
    lab = desk.lab
    make_the_call(desk)
    incoming = desk.wait("incoming")
    end = desk.ended("+4930777")
    own = desk.records(CALL=incoming["CALL"])
    for event in ("incoming", "answered", "dtmf", "hold", "resume", "transfer", "ended"):
        count = 2 if event == "dtmf" else 1
        ran = [record for record in own if record.hook == event]
        tally.check("%s: its hook runs" % event, len(ran) == count and
                    all(record.event == event for record in ran), len(ran))
        after = [record for record in own if record.hook == "any" and record.event == event]
        tally.check("any: runs after %s" % event, len(after) == count and
                    all(one.began >= other.ended for one, other in zip(after, ran)), len(after))
    told = [record for record in own if record.event not in ("incoming", "transfer")]
    tally.check("the told run one at a time, in order",
                all(a.ended <= b.began for a, b in zip(told, told[1:])) and
                [record.event for record in told if record.hook != "any"] ==
                ["answered", "dtmf", "dtmf", "hold", "resume", "ended"],
                [record.event for record in told])
    tally.check("ended: last, exactly once",
                [record.hook for record in own if record.event == "ended"] == ["ended", "any"] and
                own[-2].hook == "ended", [record.hook for record in own[-3:]])
    check_run(desk, incoming)
    check_variables(desk, incoming, own, end)
    with open(lab.path("words")) as file:
        words = file.read().splitlines()
    tally.check("answer PROGRAM: words as they are, no shell", words ==
                ["one", "*", "$HOME", ";", "id"], words)


# ---- how a hook is run -----------------------------------------------------------------------

def check_run(desk, record):
    tally.check("argv is the event's name and nothing else", len(record.argv) == 3 and
                record.argv[2] == "incoming", record.argv)
    tally.check("$0 is the path of the hook", record.argv[1] == record["HOOK"], record.argv[1])
    tally.check("standard input is /dev/null", record.descriptors["0"] == "/dev/null")
    tally.check("descriptors: 0, 1, 2 and the hook's own file",
                set(record.descriptors) - {"0", "1", "2"} <=
                {fd for fd, what in record.descriptors.items() if what.endswith("/incoming")},
                record.descriptors)
    tally.check("the working folder is OFFHOOK_DIR", record.cwd == record["DIR"], record.cwd)
    tally.check("OFFHOOK_DIR is private", record.mode == "700", record.mode)
    tally.check("OFFHOOK_DIR is shared by the hooks of the call",
                len({one["DIR"] for one in desk.records(CALL=record["CALL"])}) == 1)
    tally.check("OFFHOOK_DIR is removed after the end", not os.path.exists(record["DIR"]))


# ---- variables -------------------------------------------------------------------------------

NAMES = {"EVENT", "CALL", "TOKEN", "LINE", "DIRECTION", "FROM", "FROM_NAME", "FROM_URI", "TO",
         "TO_URI", "TRUST", "DIVERSION", "STATE", "RESULT", "CODE", "REASON", "ENDED_BY",
         "RING_SECS", "TALK_SECS", "DIGITS", "RATE", "MOS", "LOSS_PERCENT", "JITTER_MS", "EXPIRES",
         "DIR", "STATE_DIR", "SOCKET", "HOOK", "ENCRYPTION", "HDR_X_DOOR"}
BESIDES = {"PATH", "LANG", "HOME"}


def check_variables(desk, incoming, own, end):
    lab = desk.lab
    strange = {name for record in desk.records() for name in record.environ} - BESIDES - \
        {"OFFHOOK_" + name for name in NAMES}
    tally.check("the environment has nothing else", not strange, strange)
    wanted = {
        "EVENT": "incoming", "LINE": "home", "DIRECTION": "in", "FROM": "+4930777",
        "FROM_NAME": "J\u00fcrgen __id_ \u7530",
        "FROM_URI": "sip:+4930777;verstat=TN-Validation-Passed@caller.example",
        "TO": "alice", "TRUST": "verified", "DIVERSION": "sip:+49888@lab.example",
        "RATE": "8000", "HDR_X_DOOR": "front_door", "SOCKET": lab.path("control"),
        "STATE_DIR": lab.path("state"),
    }
    for name, value in wanted.items():
        tally.check("OFFHOOK_%s says it" % name, incoming[name] == value,
                    "%s, %s" % (ascii(incoming[name]), ascii(value)))
    tally.check("OFFHOOK_TO_URI is the Request-URI", re.fullmatch(
        r"sips?:alice@[-a-zA-Z0-9._:;=%?@]+", incoming["TO_URI"] or ""), incoming["TO_URI"])
    tally.check("OFFHOOK_CALL is short and not the number",
                re.fullmatch("[a-z0-9]{4}", incoming["CALL"] or ""), incoming["CALL"])
    tally.check("OFFHOOK_TOKEN is long and the call's own",
                re.fullmatch("[0-9A-Za-z]{16,}", incoming["TOKEN"] or "") and
                len({record["TOKEN"] for record in own}) == 1)
    tally.check("OFFHOOK_STATE is that of the event", incoming["STATE"] == "deciding" and
                desk.records("answered", CALL=incoming["CALL"])[0]["STATE"] == "up",
                incoming["STATE"])
    transfer = desk.records("transfer", CALL=incoming["CALL"])[0]
    tally.check("transfer: TO and TO_URI say whom, DIVERSION who asks", transfer["TO"] == "+49999"
                and transfer["TO_URI"] == "sip:+49999@lab.example"
                and transfer["DIVERSION"] == "sip:+4930777@caller.example", transfer.environ)
    figures = {"RESULT": "answered", "CODE": "200", "REASON": "hung up", "ENDED_BY": "remote",
               "LOSS_PERCENT": r"\d+(\.\d+)?", "MOS": r"[1-4]\.\d\d", "JITTER_MS": r"\d+(\.\d+)?",
               "RING_SECS": r"\d", "TALK_SECS": r"[3-9]|1\d"}
    for name, value in figures.items():
        tally.check("at ended: OFFHOOK_%s" % name, re.fullmatch(value, end[name] or ""), end[name])
    path = incoming.environ["PATH"].split(":")
    tally.check("PATH is the installed bindir, then /usr/local/bin:/usr/bin:/bin",
                path[1:] == ["/usr/local/bin", "/usr/bin", "/bin"] and path[0].endswith("/bin"),
                path)
    tally.check("LANG is C.UTF-8", incoming.environ["LANG"] == "C.UTF-8")
    tally.check("HOME is OFFHOOK_DIR", incoming.environ["HOME"] == incoming["DIR"])
    with open(lab.path("program.environ"), "rb") as file:
        program = dict(pair.split(b"=", 1) for pair in file.read().split(b"\0") if pair)
    tally.check("a media program has the call's variables, too",
                program[b"OFFHOOK_CALL"].decode() == incoming["CALL"] and
                program[b"OFFHOOK_RATE"] == b"8000")
    online = desk.records("online")[0]
    tally.check("online: EXPIRES, and no call", online["EXPIRES"] == "60" and
                online["CALL"] is None, online["EXPIRES"])


def refuse_and_read(desk, user, **options):
    """The record of a call that is refused."""
    caller = Caller(desk.lab, user=user, **options)
    caller.invite(seconds=DECIDE + 5)
    caller.close()


def check_taming(desk):
    desk.clear()
    desk.hook("incoming", "echo reject 486")
    rows = [  # what comes, what the hook sees
        ("a number", {"user": "%2B49*0%23x"}, "FROM", "+49*0#x"),
        ("a leading hyphen", {"user": "-rf"}, "FROM", "_rf"),
        ("other bytes of a number", {"user": "a%20b%26c%0Ad"}, "FROM", "a_b_c_d"),
        ("128 bytes", {"user": "7" * 300}, "FROM", "7" * 128),
        ("a name", {"user": "t5", "name": "Ann-Marie, 2. O+K"}, "FROM_NAME", "Ann-Marie, 2. O+K"),
        ("other bytes of a name", {"user": "t6", "name": "a`b|c/d"}, "FROM_NAME", "a_b_c_d"),
        ("invalid UTF-8", {"user": "t7", "name": "x\udcff\udcfey"}, "FROM_NAME", "x__y"),
        ("a withheld number", {"user": "anonymous"}, "FROM", "anonymous"),
        ("a number withheld by Privacy", {"user": "t9", "headers": ["Privacy: id"]}, "FROM",
         "anonymous"),
        ("a number that nobody asserts", {"user": "t10"}, "TRUST", "none"),
        ("a number that the provider asserts", {"user": "t11", "headers": [
            "P-Asserted-Identity: <sip:+49555@caller.example>"]}, "TRUST", "asserted"),
    ]
    for what, options, name, value in rows:
        desk.clear()
        refuse_and_read(desk, **options)
        seen = desk.wait("incoming")[name]
        tally.check("tamed: %s" % what, seen == value, ascii(seen)[:60])


# ---- how calls end ---------------------------------------------------------------------------

def call_in(desk, user, then="", seconds=DECIDE + 8, until=200, **options):
    """A call that `incoming` decides by `then`: (caller, final status, all)."""
    if then:
        desk.hook("incoming", then)
    caller = Caller(desk.lab, user=user, **options)
    final, statuses = caller.invite(seconds=seconds, until=until)
    return caller, final, statuses


def dial(desk, response):
    """Calls a telephone that gives one answer."""
    phone = Callee(desk.lab)
    tally.check("outgoing: the hook runs before the INVITE (%s)" % response,
                desk.lab.ask("dial", args="--detach " + phone.number)["ok"] and
                phone.wait_invite() is not None and desk.records("outgoing", TO=phone.number))
    if response == "cancelled":
        phone.respond("180 Ringing")
        call = next(one for one in calls(desk.lab) if one["to"] == phone.number)
        desk.lab.ctl("--call", call["call"], "hangup")
        phone.answer(phone.wait_request("CANCEL"))
        phone.respond("487 Request Terminated")
    elif response == "200 OK":
        phone.respond("180 Ringing")
        phone.respond(response, phone.sdp())
    else:
        phone.respond(response)
    phone.wait_request("ACK")
    return phone


def lose(caller, lab):
    """The far end does not know the call any more: it answers our re-INVITE with 481."""
    lab.start("hold", CTL, "--call", calls(lab)[0]["call"], "hold",
              env={"OFFHOOK_SOCKET": lab.path("control")})
    end = time.monotonic() + 5
    while time.monotonic() < end:
        message = caller.receive(1)
        if message and message.startswith("INVITE "):
            caller.answer(message, "481 Call Does Not Exist")
            return


def check_results(desk):
    desk.clear()
    caller, _, _ = call_in(desk, "r1", "echo answer /bin/true")
    tally.check("the last owner gone: we hang up", caller.wait_bye())
    caller, _, _ = call_in(desk, "r2", "sleep 1", until=100)
    caller.cancel()
    caller.wait_status("INVITE")
    caller.send("ACK", branch=caller.branch)
    call_in(desk, "r3", "echo reject 603 no thanks")
    caller, _, _ = call_in(desk, "r4", "echo answer; sleep 5")
    lose(caller, desk.lab)
    rows = [("r1", "answered", "200", "local"), ("r2", "missed", "487", "remote"),
            ("r3", "rejected", "603", "local"), ("r4", "answered", "481", "network")]
    for response, result, code, by in (("486 Busy Here", "busy", "486", "remote"),
                                       ("404 Not Found", "failed", "404", "remote"),
                                       ("cancelled", "cancelled", "487", "local")):
        rows.append((dial(desk, response).number, result, code, by))
    for user, result, code, by in rows:
        end = desk.ended(user)
        tally.check("RESULT is %s, ENDED_BY %s" % (result, by), end["RESULT"] == result and
                    end["ENDED_BY"] == by and end["CODE"] == code,
                    (end["RESULT"], end["ENDED_BY"], end["CODE"], end["REASON"]))
    desk.clear()
    phone = dial(desk, "200 OK")
    answered = desk.wait("answered")
    tally.check("answered: a call out, too", answered["DIRECTION"] == "out" and
                answered["TO"] == phone.number and answered["FROM"] == "alice", answered["TO"])
    tally.check("the callee hangs up", phone.bye() == 200)
    desk.ended(phone.number)


def check_outgoing(desk):
    lab = desk.lab
    desk.clear()
    answer = lab.ctl("dial", "sip:1@forbidden.example")
    tally.check("outgoing: no hook for what dial.allow refuses", answer.returncode == 4 and
                not desk.records("outgoing"), answer.stderr.strip())
    desk.hook("outgoing", "echo reject 403")
    phone = Callee(lab)
    answer = lab.ctl("dial", phone.number)
    tally.check("outgoing: reject vetoes", answer.returncode == 125 and not phone.wait_invite(0.5),
                answer.stderr.strip())
    desk.unhook("outgoing")
    phone = Callee(lab)
    lab.ask("dial", args="--detach " + phone.number)
    tally.check("outgoing: without a hook it is allowed", phone.wait_invite())
    phone.respond("486 Busy Here")
    phone.wait_request("ACK")
    desk.hook("outgoing")


def check_messages(desk):
    lab = desk.lab
    desk.clear()
    caller = Caller(lab, user="sms")
    text = "Hello, caf\u00e9 \u2713\n$(id)\n"
    desk.hook("message", "sleep 2")
    caller.send("MESSAGE", text.encode(), kind="text/plain;charset=UTF-8")
    began = time.time_ns()
    status = caller.wait_status("MESSAGE")
    record = desk.wait("message")
    tally.check("message: its text is the standard input", record.stdin.decode() == text,
                record.stdin)
    tally.check("message: 200 is sent whatever the hook does", status == 200 and
                time.time_ns() - began < 4e9, status)
    tally.check("message: FROM says who", record["FROM"] == "sms" and record["CALL"] is None)
    tally.check("any: runs after message", wait_for(
        "any", lambda: any(one.event == "message" for one in desk.records("any")), 6))
    desk.hook("message")
    desk.unhook("message")
    caller.cseq += 1
    caller.send("MESSAGE", b"nobody listens", kind="text/plain")
    caller.wait_status("MESSAGE")
    tally.check("message: logged without a hook",
                wait_for("the log", lambda: lab.log("offhookd").count("message received") == 2, 3)
                and "nobody listens" not in lab.log("offhookd"))
    summary = "Messages-Waiting: yes\r\nVoice-Message: 2/8\r\n"
    caller.cseq += 1
    caller.send("NOTIFY", summary, headers=["Event: message-summary",
                                            "Subscription-State: active"],
                kind="application/simple-message-summary")
    status = caller.wait_status("NOTIFY")
    tally.check("mwi: the summary is the standard input", desk.wait("mwi").stdin.decode() ==
                summary, status)
    tally.check("any: runs after mwi", wait_for(
        "any", lambda: any(one.event == "mwi" for one in desk.records("any")), 3))
    caller.close()


# ---- decisions -------------------------------------------------------------------------------

def check_decisions(desk):
    lab = desk.lab
    caller, final, _ = call_in(desk, "d1", "echo reject 486 retry-after=30 Gone fishing")
    tally.check("reject CODE retry-after=N TEXT", final == 486 and
                caller.header(caller.last, "Retry-After") == ["30"] and
                caller.last.startswith("SIP/2.0 486 Gone fishing"), caller.last.split("\r")[0])
    caller, final, _ = call_in(desk, "d2", "echo reject")
    tally.check("reject: 480 by default", final == 480, final)
    for code, wanted in ((399, 410), (400, 400), (699, 699), (700, 410)):
        _, final, _ = call_in(desk, "d3", "echo reject %d" % code)
        tally.check("reject %d is answered %d" % (code, wanted), final == wanted, final)
    caller, final, _ = call_in(desk, "d4", "echo redirect sip:one@x.example sip:two@x.example")
    contacts = ",".join(caller.header(caller.last, "Contact"))
    tally.check("redirect: 302 with the URIs", final == 302 and "one@x.example" in contacts and
                "two@x.example" in contacts, contacts)
    _, final, _ = call_in(desk, "d5", "echo accept")
    tally.check("accept: of a transfer only", final == 410, final)
    _, final, _ = call_in(desk, "d6", "echo reject 403; echo reject 404; echo redirect sip:a@b.c")
    tally.check("the first final word wins", final == 403, final)
    _, final, _ = call_in(desk, "d7", "echo Reject 404; echo hello; echo reject 405")
    tally.check("unknown lines are not obeyed", final == 405, final)
    tally.check("unknown lines are logged", "no decision" in lab.log("offhookd"))
    _, final, _ = call_in(desk, "d8", "echo reject 406; exit 9")
    tally.check("a decision printed before a failure stands", final == 406, final)
    _, final, _ = call_in(desk, "d9", "exit 0")
    tally.check("none printed: the configuration decides", final == 410, final)
    caller, final, statuses = call_in(desk, "d10", "echo ignore", seconds=3)
    tally.check("ignore: no answer from us", final is None and max(statuses) == 100, statuses)
    caller.cancel()
    caller.wait_status("INVITE")
    caller.send("ACK", branch=caller.branch)
    desk.unhook("incoming")
    _, final, _ = call_in(desk, "d11")
    tally.check("incoming: without a hook the configuration decides", final == 410, final)
    tally.check("transfer: accept dials it", transfer(desk, "echo accept"))


def transfer(desk, then):
    """Our far end sends the call elsewhere, and the hook says yes: whether it is dialled."""
    phone = Callee(desk.lab)
    caller, final, _ = call_in(desk, "d12", "echo answer; sleep 6")
    desk.hook("transfer", then)
    caller.cseq += 1
    caller.send("REFER", headers=["Refer-To: <sip:%s@%s>" % (phone.number, desk.lab.name)])
    status = caller.wait_status("REFER")
    is_dialled = final == 200 and status == 202 and phone.wait_invite() is not None
    if is_dialled:
        phone.respond("486 Busy Here")
        phone.wait_request("ACK")
    desk.hook("transfer")
    caller.bye()
    return is_dialled


def check_verbs(desk):
    """Decisions as verbs; what the hook saw of them comes in a file."""
    lab = desk.lab
    for words, wanted in (("reject 486 Gone", 486), ("redirect sip:one@x.example", 302),
                          ("ignore", None)):
        verb = words.split()[0]
        note = lab.path(verb)
        caller, final, _ = call_in(desk, "v1", "%s %s; echo $? > %s" % (CTL, words, note),
                                   seconds=3)
        status = wait_for("its status", lambda path=note: os.path.exists(path) and
                          open(path).read().strip(), 5)
        tally.check("%s as a verb" % verb, final == wanted and status == "0", (final, status))
        if wanted is None:
            caller.cancel()
            caller.wait_status("INVITE")
            caller.send("ACK", branch=caller.branch)
    tally.check("accept as a verb", transfer(desk, CTL + " accept"))
    phone = dial(desk, "200 OK")
    call = wait_for("the call", lambda: [row["call"] for row in calls(lab)
                                         if (row["to"], row["state"]) == (phone.number, "up")])[0]
    for verb, direction, answer in (("hold", "sendonly", "recvonly"),
                                    ("resume", "sendrecv", "sendrecv")):
        process = lab.start(verb, CTL, "--call", call, verb,
                            env={"OFFHOOK_SOCKET": lab.path("control")})
        invite = phone.wait_request("INVITE")
        phone.respond("200 OK", phone.sdp(answer), request=invite)
        tally.check("%s as a verb" % verb, "a=" + direction in invite and
                    phone.wait_request("ACK") and process.wait(5) == 0)
    phone.bye()


def check_health(desk):
    """What counts as a failure."""
    rows = [("exit 0", 0), ("exit 1", 0), ("exit 2", 1), ("exit 3", 1), ("exit 7", 1),
            ("kill -TERM $$", 1)]
    wait_for("no hooks", lambda: desk.lab.ask("status")["hooks_alive"] == 0, 8)
    for then, failures in rows:
        before = desk.counters("incoming")["failures"]
        _, final, _ = call_in(desk, "h1", then)
        wait_for("its end", lambda: desk.lab.ask("status")["hooks_alive"] == 0, 5)
        counted = desk.counters("incoming")["failures"] - before
        verdict = "failed" if failures else "healthy"
        tally.check("%s while the call is undecided: %s" % (then, verdict), counted == failures
                    and final == 410, (counted, final))
    before = desk.counters("incoming")["failures"]
    call_in(desk, "h2", "echo reject 486; sleep 0.5; exit 3")
    wait_for("its end", lambda: desk.lab.ask("status")["hooks_alive"] == 0, 5)
    tally.check("exit 3 is healthy once the call is over",
                desk.counters("incoming")["failures"] == before)
    tally.check("failures are logged", "hook failed" in desk.lab.log("offhookd"))


def check_deadlines(desk):
    lab = desk.lab
    before = desk.counters("incoming")["timeouts"]
    began = time.monotonic()
    _, final, _ = call_in(desk, "l1", "exec sleep 30")
    tally.check("no word within hooks.decide: the configuration decides", final == 410 and
                time.monotonic() - began > DECIDE - 0.5, final)
    tally.check("and a timeout is counted", desk.counters("incoming")["timeouts"] == before + 1)
    _, final, _ = call_in(desk, "l2", "echo ring; sleep %d; echo reject 603" % (DECIDE + 1))
    tally.check("a word stops the clock", final == 603, final)
    _, final, _ = call_in(desk, "l3", "%s ring; sleep %d; echo reject 603" % (CTL, DECIDE + 1))
    tally.check("a verb stops the clock", final == 603, final)
    note = lab.path("signals")
    desk.hook("incoming", """trap 'echo signal >> %(note)s' TERM HUP INT USR1
echo ring
%(ctl)s wait 20
echo "wait $?" >> %(note)s
%(ctl)s ring
echo "ring $?" >> %(note)s
for i in 1 2 3 4 5 6 7 8 9 10; do date +%%s%%N > %(note)s.alive; sleep 0.5; done""" % {
        "note": note, "ctl": CTL})
    caller, _, _ = call_in(desk, "l4", until=180)
    caller.cancel()
    caller.wait_status("INVITE")
    caller.send("ACK", branch=caller.branch)
    wait_for("both verbs", lambda: os.path.exists(note + ".alive"), 8)
    with open(note) as file:
        lines = file.read().split("\n")[:-1]
    tally.check("no signal at hangup: verbs end with 3", lines == ["wait 3", "ring 3"], lines)
    began = time.monotonic()
    wait_for("TERM", lambda: "signal" in open(note).read(), LINGER + 6)
    tally.check("hooks.linger seconds later it is sent TERM", time.monotonic() - began > 0.2)
    wait_for("its end", lambda: lab.ask("status")["hooks_alive"] == 0, 12)


# ---- chains, files, crowds ---------------------------------------------------------------------

def check_chains(desk):
    os.makedirs(os.path.join(desk.lab.hooks, "incoming.d"), exist_ok=True)
    desk.clear()
    desk.hook("incoming")
    desk.hook("incoming.d/20-second", "echo reject 433")
    desk.hook("incoming.d/10-first", "exit 1")
    desk.hook("incoming.d/30-third", "echo reject 434")
    _, final, _ = call_in(desk, "c1")
    desk.ended("c1")
    order = [record.hook for record in desk.records(EVENT="incoming") if record.hook != "any"]
    tally.check("a chain: the hook, then its folder in order, until one decides",
                final == 433 and order == ["incoming", "10-first", "20-second"], (final, order))
    tally.check("a chain: each has ended before the next begins", all(
        a.ended <= b.began for a, b in zip(*[desk.records(EVENT="incoming")[i:] for i in (0, 1)])))
    desk.hook("incoming.d/10-first", CTL + " answer; sleep 0.5; " + CTL + " hangup")
    desk.clear()
    caller, final, _ = call_in(desk, "c3")
    caller.wait_bye()
    desk.ended("c3")
    order = [record.hook for record in desk.records(EVENT="incoming") if record.hook != "any"]
    tally.check("a chain: a verb that decides ends it, too", final == 200 and
                order == ["incoming", "10-first"], (final, order))
    desk.hook("incoming.d/10-first", "exit 1")
    desk.clear()
    desk.unhook("incoming.d/20-second")
    desk.unhook("incoming.d/30-third")
    _, final, _ = call_in(desk, "c2")
    tally.check("a chain that nobody ends: the configuration decides", final == 410, final)
    shutil.rmtree(os.path.join(desk.lab.hooks, "incoming.d"))


def check_owner(desk):
    if os.getuid() != 0:
        return
    desk.hook("incoming", "echo reject 603")
    os.chown(os.path.join(desk.lab.hooks, "incoming"), 65534, 65534)
    _, final, _ = call_in(desk, "o1")
    tally.check("a hook of somebody else is not run", final == 410, final)
    os.chown(os.path.join(desk.lab.hooks, "incoming"), 0, 0)
    os.chmod(os.path.join(desk.lab.hooks, "incoming"), 0o757)
    _, final, _ = call_in(desk, "o2")
    tally.check("a hook that others may write is not run", final == 410, final)
    path = desk.hook("incoming", "echo reject 603")
    os.rename(os.path.join(desk.lab.hooks, "incoming"), desk.lab.path("target"))
    os.symlink(desk.lab.path("target"), os.path.join(desk.lab.hooks, "incoming"))
    _, final, _ = call_in(desk, "o3")
    tally.check("a hook that is a link is not run", final == 410, (final, path))
    os.remove(os.path.join(desk.lab.hooks, "incoming"))


def check_crowd(desk):
    """One call with more events than may wait; another call is not held up by it."""
    lab = desk.lab
    desk.clear()
    desk.unhook("any")
    for event in ("hold", "resume"):
        lab.hook(event, 'echo "$1" >> %s' % lab.path("told"))
    desk.hook("answered", 'test "$OFFHOOK_FROM" = q1 || exit 0\n'
                          'while test ! -e %s; do sleep 0.1; done' % lab.path("go"))
    before = [desk.counters(event) for event in ("hold", "resume")]
    caller, _, _ = call_in(desk, "q1", "echo answer /bin/cat")
    wait_for("the first hook", lambda: desk.records("answered", FROM="q1"), 5)
    other, _, _ = call_in(desk, "q2")
    tally.check("calls run in parallel", desk.wait("answered", FROM="q2", seconds=3))
    other.bye()
    statuses = {reinvite(caller, ("sendonly", "sendrecv")[i % 2]) for i in range(70)}
    tally.check("70 events while the first hook runs", statuses == {200}, statuses)
    lab.write("go", "")
    caller.bye()
    desk.ended("q1")
    after = [desk.counters(event) for event in ("hold", "resume")]
    runs, dropped = [sum(new[name] - old[name] for new, old in zip(after, before))
                     for name in ("runs", "dropped")]
    with open(lab.path("told")) as file:
        told = file.read().split()
    # The one that runs is among those that wait.
    tally.check("64 wait in a call", len(told) == runs == 63 and
                told[:4] == ["hold", "resume", "hold", "resume"], (len(told), runs))
    tally.check("the rest is dropped and counted", dropped == 70 - 63, dropped)
    tally.check("ended: comes all the same", len(desk.records("ended", FROM="q1")) == 1)
    for event in ("hold", "resume", "any", "answered"):
        desk.hook(event)


def limit_hooks(lab, text):
    with open(lab.configure(**SETTINGS)) as file:
        lines = file.read().replace("hooks = { ", "hooks = { " + text)
    lab.write("offhookd.conf", lines, 0o640)
    assert lab.ctl("reload").returncode == 0


def check_max(desk):
    lab = desk.lab
    desk.clear()
    dropped = desk.counters("incoming")["dropped"]
    limit_hooks(lab, "max = 1; ")
    caller, _, _ = call_in(desk, "m1", "echo ring; sleep 3; echo reject 603", until=180)
    _, final, _ = call_in(desk, "m2")
    tally.check("hooks.max alive: a call that finds no room gets the default", final == 410, final)
    tally.check("and it is counted as dropped", desk.counters("incoming")["dropped"] == dropped + 1)
    tally.check("and it is logged", "as many hooks as hooks.max" in lab.log("offhookd"))
    caller.cancel()
    caller.wait_status("INVITE")
    caller.send("ACK", branch=caller.branch)
    limit_hooks(lab, "")


def check_line(desk):
    """Once per change, not per refresh."""
    lab = desk.lab
    wait_for("no hooks", lambda: lab.ask("status")["hooks_alive"] == 0, 8)
    desk.clear()
    lab.ctl("reregister")
    time.sleep(0.5)
    tally.check("online: not per refresh", not desk.records("online"))
    lab.stop_kamailio()
    tally.check("offline: when the connection is lost", desk.wait("offline", 10))
    lab.start_kamailio()
    lab.wait_online()
    tally.check("online: when it is registered again", desk.wait("online", 10))
    for event in ("online", "offline"):
        tally.check("any: runs after %s" % event, wait_for("any", lambda name=event: any(
            one.event == name for one in desk.records("any")), 3))
    tally.check("online, offline: once a change", len(desk.records("online")) == 1 and
                len(desk.records("offline")) == 1)


# ---- the daemon's command line and socket -----------------------------------------------------

def check_program(desk):
    lab = desk.lab

    def offhookd(*words):
        done = subprocess.run([os.path.join(BUILDDIR, "offhookd"), *words], capture_output=True,
                              text=True, timeout=20, check=False)
        return done.returncode, done.stdout + done.stderr
    config = lab.path("offhookd.conf")
    status, text = offhookd("-c", config, "--check")
    tally.check("--check says OK", status == 0 and text.strip().endswith("OK"), text.strip())
    status, text = offhookd("-c", config, "--check", "-o", "hooks.decide=0")
    tally.check("--check: what is wrong, and 78", status == 78 and "hooks.decide" in text,
                text.strip())
    broken = lab.write("broken.conf", 'aor = "sips:a@b.example";\nhooks = { decied = 3; };\n',
                       0o640)
    status, text = offhookd("-c", broken, "--check")
    tally.check("an unknown key: file, line and the nearest known key", status == 78 and
                "broken.conf" in text and "2" in text and "hooks.decide" in text, text.strip())
    right, wrong = lab.ctl("check"), lab.ctl("check", broken)
    tally.check("check as a verb: OK, or what is wrong and 4", right.returncode == 0 and
                right.stdout.strip() == "OK" and wrong.returncode == 4 and
                "hooks.decide" in wrong.stderr, (right, wrong))
    os.rename(config, config + ".right")
    shutil.copyfile(broken, config)
    wrong = lab.ctl("reload")
    os.rename(config + ".right", config)
    right = lab.ctl("reload")
    tally.check("reload as a verb: a broken file changes nothing", right.returncode == 0 and
                wrong.returncode == 4 and "hooks.decide" in wrong.stderr and lab.is_online(),
                (right, wrong))
    status, text = offhookd("-c", lab.path("nothing.conf"))
    tally.check("no configuration: 78", status == 78 and "nothing.conf" in text, text.strip())
    tally.check("--version and --help", offhookd("--version")[0] == 0 and
                "--check" in offhookd("--help")[1])
    mode = os.stat(lab.path("control")).st_mode & 0o777
    has_group = any(one.gr_name == "offhook" for one in grp.getgrall())
    tally.check("the control socket is 0660 for its group, else 0600",
                mode == (0o660 if has_group else 0o600), oct(mode))
    answer = lab.ask("hangup", call="zzzz")
    tally.check("an answer that is no: ok, error, text", answer["text"] and
                (answer["id"], answer["ok"], answer["error"]) == (1, False, "over"), answer)
    answer = lab.ask("status")
    tally.check("an answer that is yes has v 1", answer["ok"] and answer["v"] == 1)


SETTINGS = {"decide": DECIDE, "linger": LINGER, "incoming": "reject 410",
            "dial": {"allow": ["*"], "max_calls": 8, "per_hour": 100},
            "export_headers": ["X-Door"]}


with Lab() as lab:
    lab.start_kamailio()
    desk = Desk(lab)
    lab.start_daemon(**SETTINGS)
    check_events(desk)
    check_taming(desk)
    check_results(desk)
    check_outgoing(desk)
    check_messages(desk)
    check_decisions(desk)
    check_verbs(desk)
    check_health(desk)
    check_deadlines(desk)
    check_chains(desk)
    check_owner(desk)
    check_crowd(desk)
    check_max(desk)
    check_line(desk)
    check_program(desk)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
