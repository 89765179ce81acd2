# SPDX-License-Identifier: ISC
"""The control socket under clients that behave badly (threat H13): many at once, one that never
reads, one that sends lines of 10 MB, one that comes and goes 10,000 times; while calls and the
commands of others go on as if they were alone."""
import errno
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import ENOUGH, Caller, Lab, Tally, tone, wait_for

WATCHERS = 56  # and four others, each of whom may leave one behind that is just being closed
VISITS = int(os.environ.get("OFFHOOK_VISITS", "10000"))
CALLS = 4
LONG = 10 * 1024 * 1024
CLIENTS_MAX = 64
CLIENTS_KEPT = 4  # beyond those
T = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

tally = Tally()


def connect(lab):
    client = socket.socket(socket.AF_UNIX)
    client.connect(lab.path("control")) # waits while the queue is full
    client.settimeout(30)
    return client


def send(client, cmd, **fields):
    client.sendall(json.dumps(dict(fields, id=1, cmd=cmd)).encode() + b"\n")


def lines_of(client):
    """What has come so far: it stands before the next answer."""
    send(client, "calls")
    data = b""
    while b'"calls":[' not in data or not data.endswith(b"\n"):
        part = client.recv(65536)
        if not part:
            break
        data += part
    return [json.loads(line) for line in data.splitlines()]


def descriptors(lab):
    """Of the daemon at rest: a connection that has just been closed may still be there."""
    counts = []
    for _ in range(20):
        counts.append(len(os.listdir("/proc/%d/fd" % lab.daemon.pid)))
        time.sleep(0.02)
    return min(counts)


def resident_kib(lab):
    with open("/proc/%d/status" % lab.daemon.pid, encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


class Never:
    """Asks and asks, and never reads the answers."""

    def __init__(self, lab):
        self.lab = lab
        self.dropped = 0

    def __call__(self, stop):
        while not stop.is_set():
            with connect(self.lab) as client:
                try:
                    while not stop.is_set():
                        client.sendall(b'{"cmd":"status"}\n' * 100)
                except OSError:
                    self.dropped += 1
                    time.sleep(0.05)


class Long:
    """Sends lines of 10 MB, without an end and with one."""

    def __init__(self, lab):
        self.lab = lab
        self.refused = self.taken = 0

    def __call__(self, stop):
        while not stop.is_set():
            with connect(self.lab) as client:
                try:
                    client.sendall(b'{"cmd":"' + b"x" * LONG + b'"}\n')
                    self.taken += 1
                except OSError:
                    pass
                try:
                    answer = client.recv(65536)
                except OSError:
                    answer = b""
                self.refused += b"longer than 16 KiB" in answer
            time.sleep(0.02)


class Visitor:
    """Comes and goes; every tenth time in the middle of a command, or without the answer."""

    def __init__(self, lab):
        self.lab = lab
        self.visits = 0

    def __call__(self, stop):
        while self.visits < VISITS:
            with connect(self.lab) as client:
                if self.visits % 10 == 0:
                    client.sendall((b'{"cmd":"sta', b'{"cmd":"watch"}\n')[self.visits // 10 % 2])
            self.visits += 1


class Asker:
    """An honest client: each answer is whole and its own."""

    def __init__(self, lab):
        self.lab = lab
        self.answers, self.wrong = 0, []
        self.slowest = 0.0

    def __call__(self, stop):
        while not stop.is_set():
            start = time.monotonic()
            with connect(self.lab) as client:
                send(client, "status")
                answer = json.loads(client.makefile().readline() or "null")
            self.slowest = max(self.slowest, time.monotonic() - start)
            if answer and answer["ok"] and answer["registered"] and answer["line"] == "home":
                self.answers += 1
            else:
                self.wrong.append(answer)
            time.sleep(0.01)


def as_nobody(lab):
    """What becomes of another user's connection: an error's number, 0 for none."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        with socket.socket(socket.AF_UNIX) as client:
            os._exit(client.connect_ex(lab.path("control")))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def rights(lab):
    mode = os.stat(lab.path("control")).st_mode & 0o777
    tally.check("the socket is for its owner and the group offhook", mode in (0o600, 0o660), oct(mode))
    if os.geteuid() == 0:
        tally.check("another user may not connect", as_nobody(lab) == errno.EACCES)


def call(lab, seed):
    """True, or what is wrong with it; it is ended in any case."""
    caller = Caller(lab, user="+49%d" % seed)
    status, _ = caller.invite()
    share = caller.echo(tone(0.6, seed)) if status == 200 else 0
    bye = caller.bye() if status == 200 else None
    caller.close()
    return True if status == bye == 200 and share >= ENOUGH else (status, share, bye)


def call_apart(lab, seed):
    """In a process of its own: the busy threads of this one must not keep the caller from talking."""
    child = os.fork()
    if child == 0:
        random.seed()  # or each would be the call of the one before
        verdict = call(lab, seed)
        if verdict is not True:
            print("     a call: status, echo, BYE:", verdict, flush=True)
        os._exit(verdict is not True)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def crowd(lab):
    watchers = [connect(lab) for _ in range(WATCHERS)]
    for watcher in watchers:
        send(watcher, "watch")
    stop = threading.Event()
    never, long, visitor, asker = Never(lab), Long(lab), Visitor(lab), Asker(lab)
    threads = [threading.Thread(target=one, args=(stop,)) for one in (never, long, visitor, asker)]
    for thread in threads:
        thread.start()
    start = time.monotonic()
    calls = [call_apart(lab, seed) for seed in range(CALLS)]
    while visitor.visits < VISITS and time.monotonic() < start + 240:
        time.sleep(0.1)
    wait_for("a slow reader to be dropped", lambda: never.dropped, 60)
    wait_for("a long line to be refused", lambda: long.refused, 60)
    stop.set()
    for thread in threads:
        thread.join(60)
    tally.check("calls are answered, heard and ended meanwhile", calls == [True] * CALLS, calls)
    tally.check("a client came and went %d times" % VISITS, visitor.visits == VISITS,
                "%.1f s" % (time.monotonic() - start))
    tally.check("every status of others is whole", asker.answers > 10 and not asker.wrong,
                "%d, the slowest took %.2f s %s" % (asker.answers, asker.slowest, asker.wrong[:2]))
    tally.check("who never reads is dropped", never.dropped >= 1, never.dropped)
    tally.check("a line of 10 MB is refused and never taken", long.refused >= 1 and long.taken == 0,
                (long.refused, long.taken))
    tally.check("the log says so", "does not read what it is sent" in lab.log("offhookd"))
    return watchers


def heard(watchers):
    seen = [lines_of(watcher) for watcher in watchers]
    events = [line for line in seen[0] if "event" in line]
    tally.check("everybody who watches hears the same", all(one == seen[0] for one in seen))
    for kind in ("incoming", "answered", "ended"):
        calls = [event["call"] for event in events if event["event"] == kind]
        tally.check("each %s once" % kind, len(calls) == len(set(calls)) == CALLS, calls)
    tally.check("with the time", events and all(T.match(event["t"]) for event in events))
    for watcher in watchers:
        watcher.close()


def as_stranger(lab):
    """The first line that a user other than root gets, who is let to the socket."""
    os.chmod(lab.path("control"), 0o666)
    os.chmod(lab.path(""), 0o755)
    program = ("import os, select, socket, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534);"
               "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
               "s.send(b'{\"cmd\":\"calls\"}\\n') if not select.select([s], [], [], 0.5)[0] else 0;"
               "print(s.makefile().readline())")
    done = subprocess.run([sys.executable, "-c", program, lab.path("control")], text=True,
                          capture_output=True, check=False)
    return json.loads(done.stdout or '{"error":"nothing"}')


def full(lab):
    """Root, and whoever runs the daemon, has places of his own."""
    clients = []
    for number in range(CLIENTS_MAX + CLIENTS_KEPT):
        if number == CLIENTS_MAX and os.getuid() == 0:
            answer = as_stranger(lab)
            tally.check("the 65th client is refused with a line", answer.get("error") == "refused",
                        answer)
        clients.append(connect(lab))
        send(clients[-1], "calls")
        answer = clients[-1].recv(4096)
        if number >= CLIENTS_MAX:
            tally.check("unless the daemon is his, or he is root", b'"ok":true' in answer, answer)
    with connect(lab) as late:
        answer = json.loads(late.makefile().readline())
        tally.check("the 69th is refused whoever it is", answer["error"] == "refused", answer)
    code, _, err = lab.ctl("status")
    tally.check("which offhookctl prints", code == 4 and "as many clients" in err, (code, err))
    tally.check("nobody else notices", all(send(one, "calls") or b'"ok":true' in one.recv(4096)
                                           for one in clients))
    clients.pop().close()
    wait_for("room", lambda: lab.ask("status"))
    for client in clients:
        client.close()


def silent(lab):
    """Those that say nothing keep nobody out, and do not stay."""
    watcher = connect(lab)
    send(watcher, "watch")
    watcher.recv(4096)
    clients = [connect(lab) for _ in range(2 * CLIENTS_MAX)]
    for verb in ("status", "calls", "reload", "status"):
        code, _, err = lab.ctl(verb)
        tally.check("%s gets in beside them" % verb, code == 0, (code, err))
    if os.getuid() == 0:
        tally.check("so does everybody else", as_stranger(lab).get("ok"))
    first = json.loads(clients[0].makefile().readline())
    tally.check("the first of them is told why it went", "says nothing" in first["text"], first)
    for client in clients:
        client.close()
    send(watcher, "calls")
    tally.check("who has spoken stays", b'"ok":true' in watcher.recv(4096))
    patient = connect(lab)
    patient.sendall(b'{"cmd":')
    patient.settimeout(60)
    line = patient.makefile().readline()
    tally.check("who says nothing for half a minute is told, and closed", "30 s" in line and
                not patient.recv(1), line)
    send(watcher, "calls")
    patient.close()
    tally.check("not who watches", b'"ok":true' in watcher.recv(4096))
    watcher.close()


with Lab() as lab:
    lab.start_kamailio()
    lab.hook("incoming", "echo answer /bin/cat")
    lab.start_daemon(scheme="sip")
    rights(lab)
    tally.check("a call before", call(lab, 99) is True)
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    wait_for("no hooks", lambda: lab.ask("status")["hooks_alive"] == 0)
    before, memory = descriptors(lab), resident_kib(lab)
    heard(crowd(lab))
    full(lab)
    silent(lab)
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0)
    try:
        wait_for("the descriptors", lambda: descriptors(lab) == before, 15)
    except AssertionError:
        pass
    tally.check("descriptors are what they were", descriptors(lab) == before,
                (before, descriptors(lab)))
    print("memory: %d KiB before, %d KiB after" % (memory, resident_kib(lab)))
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
