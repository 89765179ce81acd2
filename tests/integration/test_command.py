# SPDX-License-Identifier: ISC
"""offhookctl against the real daemon: what it prints, and its exit statuses."""
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Caller, Lab, Tally, wait_for

tally = Tally()


class Hurry(threading.Thread):
    """A daemon in which the call ends between two commands: its event precedes the answer."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.start()

    def run(self):
        client = self.listener.accept()[0]
        for line in client.makefile("rb"):
            command = json.loads(line)
            answer = {"id": command["id"], "ok": True}
            if command["cmd"] != "watch":
                answer = {"id": command["id"], "ok": False, "error": "over", "text": "it is over"}
                client.sendall(b'{"v":1,"event":"ended","call":"k3f9"}\n')
            client.sendall(json.dumps(answer).encode() + b"\n")


class Flood(threading.Thread):
    """A daemon whose call has many events while the program runs, which then may end."""

    def __init__(self, path, release):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.release = release
        self.start()

    def run(self):
        client = self.listener.accept()[0]
        lines = client.makefile("rb")
        lines.readline()
        client.sendall(b'{"id":1,"ok":true,"call":"k3f9"}\n'
                       b'{"v":1,"event":"answered","call":"k3f9"}\n')
        event = json.dumps({"v": 1, "event": "dtmf", "call": "k3f9", "digit": "5"}).encode()
        client.sendall((event + b"\n") * 20000)
        with open(self.release, "w", encoding="ascii"):
            pass
        lines.readline() # hangup
        client.sendall(b'{"v":1,"event":"ended","call":"k3f9","result":"answered"}\n')


def dial_in_a_flood(lab):
    release = lab.path("release")
    Flood(lab.path("flood"), release)
    program = lab.write("patient", "#!/bin/sh\nwhile [ ! -e %s ]; do sleep 0.1; done\n"
                        "yes | head -n 1; exit 7\n" % release, 0o755)
    process = subprocess.Popen([os.path.join(BUILDDIR, "offhookctl"), "dial", "1", "--", program],
                               env={"OFFHOOK_SOCKET": lab.path("flood"), "PATH": "/usr/bin:/bin"},
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=False)
        process.kill()
        out, err = process.communicate()
    tally.check("dial hears events while its program runs", process.returncode == 7,
                (process.returncode, out, err))
    tally.check("whose broken pipes end it as everywhere", out == "y\n" and not err, (out, err))


def full_output(lab):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([os.path.join(BUILDDIR, "offhookctl"), "status"], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False,
                              env={"OFFHOOK_SOCKET": lab.path("control")})
    tally.check("what cannot be printed is no success",
                done.returncode == 2 and "standard output" in done.stderr, done)


def watch_of_nobody(lab):
    """Whoever read the events has gone, as head does."""
    watch = subprocess.Popen([os.path.join(BUILDDIR, "offhookctl"), "watch"],
                             env={"OFFHOOK_SOCKET": lab.path("control")}, stdout=subprocess.PIPE)
    is_heard = False
    for number in range(10): # it may not have begun to watch
        silent = Caller(lab, user="+493077%d" % number)
        silent.invite(until=180)
        is_heard = is_heard or bool(select.select([watch.stdout], [], [], 1)[0])
        if is_heard:
            watch.stdout.close()
        silent.cancel()
        silent.close()
        if is_heard:
            break
    try:
        status = watch.wait(20)
    except subprocess.TimeoutExpired:
        status = None
        watch.kill()
    tally.check("watch ends when nobody reads it", status not in (0, None), status)


with Lab() as lab:
    Hurry(lab.path("hurry"))
    dial_in_a_flood(lab)
    code, _, err = lab.ctl("--call", "k3f9", "wait", env={"OFFHOOK_SOCKET": lab.path("hurry")})
    tally.check("an event before an answer is not taken for it", code == 3, (code, err))
    lab.hook("incoming", "echo ring; sleep 30")
    tally.check("6 when the daemon is not there", lab.ctl("status")[0] == 6)
    lab.start_daemon(linger=1, wait=False)
    wait_for("the control socket", lambda: lab.ask("status"), 5)
    code, out, err = lab.ctl("wait-online", "-t", "0.3")
    tally.check("wait-online gives up with the reason", code == 1 and
                "cannot connect: Connection refused" in err and "; next try at " in err, err)
    waiting = []
    waiter = threading.Thread(target=lambda: waiting.append(lab.ctl("wait-online")[0]))
    waiter.start()
    lab.start_kamailio()
    waiter.join(20)
    tally.check("wait-online ends when the line is registered", waiting == [0], waiting)
    tally.check("wait-online is done at once when it is", lab.ctl("wait-online", "-t", "1")[0] == 0)
    tally.check("2 for no time", lab.ctl("wait-online", "-t")[0] == 2)
    code, out, _ = lab.ctl("status")
    tally.check("status tells the registration", code == 0 and "registered as sips:alice" in out)
    code, out, _ = lab.ctl("status", "--json")
    tally.check("status --json is one object with v", code == 0 and json.loads(out)["v"] == 1)
    full_output(lab)
    code, out, _ = lab.ctl("bindings")
    tally.check("bindings tells who is registered", code == 0 and "sips:alice@127.0.0.1" in out, out)
    tally.check("2 for an unknown verb", lab.ctl("dance")[0] == 2)
    tally.check("2 for words that a verb does not take", lab.ctl("status", "now")[0] == 2)
    tally.check("2 without a call", lab.ctl("hangup")[0] == 2)
    tally.check("3 for a call that is not there", lab.ctl("--call", "zzzz", "hangup")[0] == 3)
    watch = subprocess.Popen([os.path.join(BUILDDIR, "offhookctl"), "watch", "--json"],
                             env={"OFFHOOK_SOCKET": lab.path("control")}, stdout=subprocess.PIPE,
                             text=True)
    time.sleep(0.3)
    caller = Caller(lab, user="+4930777")
    final, statuses = caller.invite(until=180, seconds=5)
    tally.check("a call rings", final == 180, statuses)
    code, out, _ = lab.ctl("calls", "--json")
    call = json.loads(out.splitlines()[0])
    tally.check("calls tells who calls, in full", call["from"] == "+4930777" and call["state"] == "deciding")
    code, out, _ = lab.ctl("calls")
    tally.check("calls is a table", code == 0 and "+4930777" in out and out.startswith("call"))
    code, _, err = lab.ctl("--call", call["call"], "reject", "486", b"Gr\xf6\xdfe")
    tally.check("2 for words that are not UTF-8, and nothing is done", code == 2 and
                "UTF-8" in err and lab.ask("show", call=call["call"])["ok"], (code, err))
    for words in (("answer", "/bin/cat", "a b"), ("answer", "/bin/cat", ""),
                  ("dial", "+49 30"), ("dial", "--detach", "/bin/true\tx", "1")):
        code, _, err = lab.ctl("--call", call["call"], *words)
        tally.check("2 for a word that would become several, or none: %s" % (words,), code == 2 and
                    "blank" in err and lab.ask("show", call=call["call"])["state"] == "deciding",
                    (code, err))
    code, _, err = lab.ctl("dial", b"\xff")
    tally.check("2 for such a number", code == 2 and "UTF-8" in err, (code, err))
    code, out, _ = lab.ctl("show", call["call"])
    tally.check("show tells the call", code == 0 and "+4930777" in out)
    tally.check("the token is never shown", "token" not in out.lower())
    tally.check("2 for a wrong program", lab.ctl("--call", call["call"], "answer", "cat")[0] == 2)
    def timed(*words):
        start = time.monotonic()
        return lab.ctl("--call", call["call"], *words)[0], round(time.monotonic() - start, 1)
    tally.check("ring S rings and waits", timed("ring", "0.7") == (0, 0.7))
    tally.check("wait S waits", timed("wait", "0.5") == (0, 0.5))
    tally.check("2 for no number of seconds", lab.ctl("--call", call["call"], "wait", "x")[0] == 2)
    answering = threading.Thread(target=lambda: codes.append(
        lab.ctl("answer", "/bin/cat", env={"OFFHOOK_CALL": call["call"]})[0]))
    codes = []
    answering.start()
    message = wait_for("200", lambda: caller.receive(1), 5)
    while not message.startswith("SIP/2.0 200"):
        message = caller.receive(2)
    tally.check("answer waits for the ACK", answering.is_alive() and not codes)
    caller.finish_invite(message, 200)
    answering.join(5)
    tally.check("answer from outside answers", codes == [0], codes)
    wait_for("up", lambda: json.loads(lab.ctl("show", call["call"], "--json")[1])["state"] == "up", 5)
    tally.check("4 for what the state does not allow", lab.ctl("--call", call["call"], "ring")[0] == 4)
    waiting = threading.Thread(target=lambda: codes.append(timed("wait")[0]))
    waiting.start()
    time.sleep(0.3)
    tally.check("hangup hangs up", lab.ctl("--call", call["call"], "hangup")[0] == 0 and
                caller.wait_bye())
    caller.close()
    tally.comes("3 once the call is over", lambda: lab.ctl("show", call["call"])[0] == 3, 5)
    waiting.join(5)
    tally.check("wait ends with the call", codes == [0, 3], codes)
    tally.check("wait finds no call that is over", lab.ctl("--call", call["call"], "wait", "5")[0] == 3)
    time.sleep(0.3)
    watch.terminate()
    events = [json.loads(line)["event"] for line in watch.stdout.read().splitlines()]
    tally.check("watch saw the call's life", events == ["incoming", "answered", "ended"], events)
    code, out, _ = lab.ctl("hooks")
    tally.check("hooks counts the runs", code == 0 and "incoming" in out)
    code, out, _ = lab.ctl("metrics")
    tally.check("metrics tells the registration and the hooks", code == 0 and
                'offhook_registered{line="home"} 1\n' in out and
                'offhook_hook_runs_total{line="home",hook="incoming"} 1\n' in out, out)
    for shell, words in (("bash", ["bash", "-c", 'eval "$(offhookctl completion bash)"; '
                                   "COMP_WORDS=(offhookctl ho); COMP_CWORD=1; _offhookctl; "
                                   'echo "${COMPREPLY[@]}"']),
                         ("zsh", ["zsh", "-nc", 'eval "$(offhookctl completion zsh)"']),
                         ("fish", ["fish", "-c", "offhookctl completion fish | source; "
                                   'complete -C "offhookctl ho" | cut -f 1'])):
        if shutil.which(words[0]):
            out = subprocess.run(words, env={"PATH": BUILDDIR + ":/usr/bin:/bin", "HOME": lab.path("")},
                                 capture_output=True, text=True, check=False)
            tally.check("completion works in %s" % shell, out.returncode == 0 and not out.stderr and
                        (shell == "zsh" or sorted(out.stdout.split()) == ["hold", "hooks"]),
                        (out.stdout, out.stderr))
    watch_of_nobody(lab)
    tally.check("2 for a shell that is not known", lab.ctl("completion", "csh")[0] == 2)
    tally.check("log sets the level", lab.ctl("log", "warning")[0] == 0 and lab.ctl("log", "x")[0] == 2)
    tally.check("reregister registers", lab.ctl("reregister")[0] == 0)
    log = lab.log("offhookd")
    tally.check("numbers are masked in the log", "+4930777" not in log and "****0777@" in log)
    tally.check("the password is not in the log", lab.password not in log)
    lab.stop_daemon()
    os.remove(lab.path("hooks/incoming"))
    lab.start_daemon("-o", "log.privacy=off")
    caller = Caller(lab, user="+4930888")
    caller.invite(seconds=5)
    caller.close()
    tally.check("log.privacy = off logs numbers in full", "+4930888@" in lab.log("offhookd"))
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
