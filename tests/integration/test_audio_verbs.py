# SPDX-License-Identifier: ISC
"""The audio verbs of offhookctl against a daemon that does as it is told: what each sends, how it
ends, and what it says when something is wrong. Sound itself: test_audio.py."""
import array
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import wave

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Tally, tone, wait_for

PIPE_SIZE = 1031  # F_SETPIPE_SZ


class Daemon:
    """The control socket of one call, and the far end of its audio."""

    def __init__(self, folder, rate=8000):
        self.path = os.path.join(folder, "control")
        self.rate = rate
        self.heard = b""          # by the far end
        self.says = b""           # the far end
        self.is_fast = True       # else in real time
        self.commands = []
        self.answers = {}         # command: list of answers, the last stays
        self.keys_after = {}      # bytes heard: a key is pressed then
        self.ends_after = None    # bytes heard: the call is over then
        self.hangs_up = True      # when it has said all
        self.is_over = False
        self.is_flushed = False
        self.clients = []
        self.owners = []          # those that have audio: they are told events
        self.pipes = []           # (read end of what is spoken)
        self.server = socket.socket(socket.AF_UNIX)
        if os.path.exists(self.path):
            os.remove(self.path)
        self.server.bind(self.path)
        self.server.listen(8)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def close(self):
        self.server.close()
        for client in self.clients:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            client.close()

    def serve(self, client):
        for line in self.lines(client):
            command = json.loads(line)
            self.commands.append(command)
            handler = getattr(self, "do_" + command["cmd"], None)
            prepared = self.answers.get(command["cmd"])
            if prepared:
                answer = prepared.pop(0) if len(prepared) > 1 else prepared[0]
                self.send(client, dict(answer, id=command["id"]))
            elif handler:
                threading.Thread(target=handler, args=(client, command), daemon=True).start()
            else:
                self.send(client, {"id": command["id"], "ok": True})

    @staticmethod
    def lines(client):
        try:
            yield from client.makefile("rb")
        except OSError:
            pass

    @staticmethod
    def send(client, answer, fds=()):
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            client.sendmsg([json.dumps(answer).encode() + b"\n"], ancillary)
        except OSError:
            pass

    def tell(self, event, **fields):
        for client in self.owners:
            self.send(client, dict(fields, v=1, event=event, call="k3f9"))

    def do_audio(self, client, command):
        args = command.get("args", "").split()
        rate = command.get("rate", self.rate)
        fds = []
        if "--speak" not in args:
            end, mine = os.pipe()
            fds.append(end)
            threading.Thread(target=self.talk, args=(mine,), daemon=True).start()
        if "--listen" not in args:
            mine, end = os.pipe()
            fds.append(end)
            fcntl.fcntl(end, PIPE_SIZE, 4096)
            self.pipes.append(mine)
            threading.Thread(target=self.listen, args=(mine, rate), daemon=True).start()
        self.is_flushed = False
        self.owners.append(client)
        self.send(client, {"id": command["id"], "ok": True, "fds": len(fds), "rate": rate}, fds)
        for fd in fds:
            os.close(fd)

    def talk(self, fd):
        """In pieces of odd sizes."""
        try:
            for at in range(0, len(self.says), 777):
                os.write(fd, self.says[at:at + 777])
            while not self.hangs_up and not self.is_over:
                time.sleep(0.01)
        except OSError:
            pass
        os.close(fd)

    def listen(self, fd, rate):
        start = len(self.heard)
        while not self.is_over:
            if not select.select([fd], [], [], 0.05)[0]:
                continue
            part = os.read(fd, 640)
            if not part:
                break
            if not self.is_flushed:
                self.heard += part
            if not self.is_fast:
                time.sleep(len(part) / 2 / rate)
            for count in list(self.keys_after):
                if len(self.heard) - start >= count:
                    self.tell("dtmf", digit=self.keys_after.pop(count), t="")
            if self.ends_after is not None and len(self.heard) >= self.ends_after:
                self.end()
        self.pipes.remove(fd)
        os.close(fd)

    def end(self):
        self.is_over = True
        self.tell("ended", result="answered")

    def do_drain(self, client, command):
        while self.pipes:
            time.sleep(0.01)
        if self.is_over:
            self.send(client, {"id": command["id"], "ok": False, "error": "over", "text": "over"})
        else:
            self.send(client, {"id": command["id"], "ok": True,
                               "heard_ms": len(self.heard) // 2 * 1000 // self.rate})

    def do_flush(self, client, command):
        self.is_flushed = True
        self.tell("flushed", heard_ms=7)
        self.send(client, {"id": command["id"], "ok": True, "heard_ms": 7})

    def do_watch(self, client, command):
        self.owners.append(client)
        self.send(client, {"id": command["id"], "ok": True})

    def do_show(self, client, command):
        over = {"ok": False, "error": "over", "text": "no such call, or it is over"}
        self.send(client, dict(over if self.is_over else {"ok": True}, id=command["id"]))

    def sent(self, name):
        return [command for command in self.commands if command["cmd"] == name]


def environment(daemon):
    return {"PATH": "/usr/bin:/bin", "OFFHOOK_SOCKET": daemon.path, "OFFHOOK_CALL": "k3f9",
            "OFFHOOK_TOKEN": "3x9"}


def start(daemon, *words, **options):
    return subprocess.Popen([os.path.join(BUILDDIR, "offhookctl"), *words], env=environment(daemon),
                            stdin=options.get("stdin", subprocess.DEVNULL),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            cwd=options.get("cwd"))


def ctl(daemon, *words, data=None, **options):
    """Runs it; (exit status, standard output, standard error)."""
    process = start(daemon, *words, stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
                    **options)
    out, err = process.communicate(data, timeout=60)
    return process.returncode, out, err.decode().strip()


def write_wav(path, samples, rate=8000):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array.array("h", samples).tobytes())
    return path


def lines(text):
    return len(text.splitlines())


def read_wav(path):
    with wave.open(path, "rb") as file:
        return file.getframerate(), file.readframes(file.getnframes())


tally = Tally()
sound = tone(2.0, seed=7)
sound_bytes = array.array("h", sound).tobytes()
folder = tempfile.TemporaryDirectory(prefix="offhook-")
here = folder.name
prompt = write_wav(os.path.join(here, "prompt.wav"), sound)


def fresh(**options):
    """Another daemon; the one before is gone."""
    global daemon
    if daemon:
        daemon.close()
    daemon = Daemon(here, options.pop("rate", 8000))
    for name, value in options.items():
        setattr(daemon, name, value)
    return daemon


daemon = None

# ---- play
fresh()
code, out, err = ctl(daemon, "play", prompt)
tally.check("play: all of it is heard, sample by sample", code == 0 and daemon.heard == sound_bytes,
            (code, err, len(daemon.heard)))
tally.check("play asks for one descriptor, with the token, then drains",
            daemon.sent("audio")[0].get("args") == "--speak" and daemon.sent("drain") and
            daemon.sent("audio")[0].get("token") == "3x9", daemon.commands)
fresh()
code, out, err = ctl(daemon, "play", "--json", prompt, prompt)
tally.check("play: two files, one behind the other; --json tells what was heard", code == 0 and
            daemon.heard == 2 * sound_bytes and json.loads(out) == {"v": 1, "heard_ms": 4000}, out)
fresh()
code, out, err = ctl(daemon, "play", prompt, os.path.join(here, "missing.wav"))
tally.check("play: a missing file is named, and nothing is played", code == 2 and lines(err) == 1 and
            "missing.wav" in err and not daemon.commands, err)
with open(os.path.join(here, "text.wav"), "w") as file:
    file.write("no sound\n" * 10)
code, out, err = ctl(daemon, "play", os.path.join(here, "text.wav"))
tally.check("play: so is one that is no sound", code == 2 and lines(err) == 1 and "text.wav" in err,
            err)
for words in ((), ("--loop", "x"), ("--rate", "3", "-")):
    tally.check("play %s is no usage" % " ".join(words), ctl(daemon, "play", *words)[0] == 2)
fresh()
code, out, err = ctl(daemon, "play", "-", data=sound_bytes)
tally.check("play -: samples as they are", code == 0 and daemon.heard == sound_bytes, err)
fresh()
code, out, err = ctl(daemon, "play", "--rate", "16000", "-", data=sound_bytes)
tally.check("play -: at a rate of their own", code == 0 and
            abs(len(daemon.heard) - len(sound_bytes) // 2) < 4, len(daemon.heard))
fresh()
with open(prompt, "rb") as file:
    code, out, err = ctl(daemon, "play", "-", data=file.read())
tally.check("play -: or a sound file", code == 0 and daemon.heard == sound_bytes, err)
fresh()
process = start(daemon, "play", "-", stdin=subprocess.PIPE)
offered, has_closed = 0, False
while offered < 320 << 20 and not has_closed:
    try:
        process.stdin.write(b"fLaC" + bytes((1 << 20) - 4))
        process.stdin.flush()
        offered += 1 << 20
    except BrokenPipeError:
        has_closed = True
try:
    process.stdin.close()
except BrokenPipeError:
    pass
code, err = process.wait(60), process.stderr.read().decode().strip()
process.stdout.close()
process.stderr.close()
tally.check("play -: what has to be complete and never ends is not kept for ever: 2, one line",
            has_closed and code == 2 and lines(err) == 1 and "256 MB" in err, (offered, code, err))
fresh()
process = start(daemon, "play", "-", stdin=subprocess.PIPE)
process.stdin.write(sound_bytes[:3200])
process.stdin.flush()
tally.comes("play -: what comes is played at once", lambda: daemon.heard == sound_bytes[:3200])
daemon.end()
tally.check("play -: the end of the call ends it although the pipe is open", process.wait(10) == 3)
process.communicate()
fresh(keys_after={8000: "5"}, is_fast=False)
code, out, err = ctl(daemon, "play", "--json", "--stop-on-digit", prompt)
tally.check("play --stop-on-digit: the key ends it, 0", code == 0 and daemon.sent("flush") and
            len(daemon.heard) < len(sound_bytes) and json.loads(out)["digit"] == "5", (code, err, out))
fresh(keys_after={8000: "5"})
code, out, err = ctl(daemon, "play", prompt)
tally.check("play: without it a key ends nothing", code == 0 and daemon.heard == sound_bytes)
fresh(keys_after={len(sound_bytes): "#"})
code, out, err = ctl(daemon, "play", "--stop-on-digit", "--json", prompt)
tally.check("play --stop-on-digit: also while the last of it is played", code == 0, (code, out, err))
fresh(ends_after=8000)
code, out, err = ctl(daemon, "play", prompt)
tally.check("play: 3 when the call ends", code == 3 and lines(err) == 1, (code, err))
fresh(is_fast=False)
process = start(daemon, "play", prompt)
wait_for("a beginning", lambda: len(daemon.heard) > 3200, 10)
daemon.tell("flushed", heard_ms=200)
tally.check("play: 1 when somebody else drops the rest", process.wait(10) == 1 and
            len(daemon.heard) < len(sound_bytes), process.returncode)
process.communicate()
for error, wanted in (("over", 3), ("refused", 4), ("usage", 2)):
    fresh(answers={"audio": [{"ok": False, "error": error, "text": "so it is"}]})
    code, out, err = ctl(daemon, "play", prompt)
    tally.check("play: %d for %s" % (wanted, error), code == wanted and "so it is" in err, (code, err))
fresh(is_fast=False)
process = start(daemon, "play", prompt)
wait_for("a beginning", lambda: len(daemon.heard) > 3200, 10)
daemon.close()
daemon.is_over = True
tally.check("play: 6 when the daemon is gone", process.wait(10) == 6, process.returncode)
process.communicate()

# ---- record
record = os.path.join(here, "msg.wav")
fresh(says=sound_bytes)
code, out, err = ctl(daemon, "record", record)
tally.check("record: what was said until the caller hung up, sample by sample", code == 0 and
            read_wav(record) == (8000, sound_bytes), (code, err))
tally.check("record listens", daemon.sent("audio")[0].get("args") == "--listen", daemon.commands)
fresh(says=sound_bytes)
code, out, err = ctl(daemon, "record", "--max", "1", "--both", "--json", record)
tally.check("record --max --both: no more than that", code == 0 and
            read_wav(record)[1] == sound_bytes[:16000] and
            daemon.sent("audio")[0].get("args") == "--listen --both" and
            json.loads(out) == {"v": 1, "file": record, "recorded_ms": 1000, "ended_by": "max"}, out)
fresh(says=sound_bytes + bytes(48000), hangs_up=False)
code, out, err = ctl(daemon, "record", "--silence", "2", "--json", record)
tally.check("record --silence: ends after so much silence", code == 0 and
            json.loads(out)["ended_by"] == "silence" and 3900 < json.loads(out)["recorded_ms"] < 4500, out)
os.remove(record)
fresh(says=bytes(48000), hangs_up=False)
code, out, err = ctl(daemon, "record", "--silence", "2", record)
tally.check("record --silence: 1 and no file when nobody said anything", code == 1 and
            not os.path.exists(record) and lines(err) == 1, (code, err))
fresh()
code, out, err = ctl(daemon, "record", record)
tally.check("record: 1 and no file when the caller was gone", code == 1 and
            sorted(os.listdir(here)) == ["control", "prompt.wav", "text.wav"], os.listdir(here))
fresh(says=sound_bytes)
code, out, err = ctl(daemon, "record", "-")
tally.check("record -: WAV on a pipe", code == 0 and out[:4] == b"RIFF" and out[44:] == sound_bytes)
fresh(says=sound_bytes)
code, out, err = ctl(daemon, "record", "--beep", record)
tally.check("record --beep: a tone of 200 ms, drained, then the record, on one connection",
            code == 0 and abs(len(daemon.heard) - 3200) < 4 and read_wav(record)[1] == sound_bytes and
            [command["cmd"] for command in daemon.commands] == ["audio", "drain", "audio"] and
            len(daemon.clients) == 1, (code, err, len(daemon.heard)))
for name in ("/missing/msg.wav", "msg.mp3", here):
    fresh()
    code, out, err = ctl(daemon, "record", "--beep", name)
    tally.check("record %s: refused before a sound" % os.path.basename(name), code == 2 and
                lines(err) == 1 and not daemon.commands, err)
fresh(says=sound_bytes)
done = subprocess.run(["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh",
                       os.path.join(BUILDDIR, "offhookctl"), "record", "full.wav"], cwd=here,
                      env=environment(daemon), capture_output=True, check=False)
tally.check("record: 2 and no file on a disk that is full from the first", done.returncode == 2 and
            lines(done.stderr.decode()) == 1 and not os.path.exists(os.path.join(here, "full.wav")),
            done)
for number in (signal.SIGTERM, signal.SIGINT):
    fresh(says=sound_bytes, hangs_up=False)
    process = start(daemon, "record", record)
    wait_for("the record", lambda: daemon.sent("audio"), 10)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    tally.check("record: %s completes the file" % number.name, process.returncode == 0 and
                read_wav(record)[1] == sound_bytes, (process.returncode, err))

# ---- ask
no = {"ok": False, "error": "no", "text": "no more digits came in time", "digits": ""}
fresh(answers={"ask": [no, {"ok": True, "digits": "1234"}]})
code, out, err = ctl(daemon, "ask", "--digits", "4", "--timeout", "8", prompt)
tally.check("ask: plays, then collects", code == 0 and out == b"1234\n" and
            daemon.heard == sound_bytes, (code, out, err))
tally.check("ask: looks for type-ahead before it plays",
            [command.get("args") for command in daemon.sent("ask")] ==
            ["--digits 4 --timeout 0", "--digits 4 --timeout 8"], daemon.sent("ask"))
fresh(answers={"ask": [{"ok": True, "digits": "12"}]})
code, out, err = ctl(daemon, "ask", "--digits", "2", prompt)
tally.check("ask: what was typed ahead needs no question", code == 0 and out == b"12\n" and
            not daemon.heard and len(daemon.sent("ask")) == 1, (code, out, err))
fresh(answers={"ask": [dict(no, digits="1"), {"ok": True, "digits": "23"}]})
code, out, err = ctl(daemon, "ask", "--digits", "3", "--until", "#", prompt)
tally.check("ask: nor does a beginning of it", code == 0 and out == b"123\n" and not daemon.heard and
            daemon.sent("ask")[1]["args"] == "--digits 2 --until #", (code, out, daemon.commands))
fresh(answers={"ask": [no, {"ok": True, "digits": "5"}]}, keys_after={8000: "5"}, is_fast=False)
code, out, err = ctl(daemon, "ask", "--fresh", "--digits", "1", prompt)
tally.check("ask: the first key stops the question, and counts", code == 0 and out == b"5\n" and
            daemon.sent("flush") and len(daemon.heard) < len(sound_bytes) and
            "--fresh" in daemon.sent("ask")[0]["args"] and
            "--fresh" not in daemon.sent("ask")[1]["args"], (code, out, err))
fresh(answers={"ask": [dict(no, digits="7")]})
code, out, err = ctl(daemon, "ask", "--digits", "2")
tally.check("ask: 1 when the time is over, with what came; no audio without a file", code == 1 and
            out == b"7\n" and not daemon.sent("audio"), (code, out))
fresh(answers={"ask": [no]})
code, out, err = ctl(daemon, "ask", "--digits", "2", "--json")
tally.check("ask --json", code == 1 and
            json.loads(out) == {"v": 1, "digits": "", "complete": False}, out)
fresh(answers={"ask": [no]})
tally.check("ask: nothing is printed when nothing came", ctl(daemon, "ask")[:2] == (1, b""))
fresh(ends_after=8000, answers={"ask": [no]})
tally.check("ask: 3 when the call is over", ctl(daemon, "ask", prompt)[:2] == (3, b""))

# ---- run
fresh(says=sound_bytes)
code, out, err = ctl(daemon, "run", "/bin/cat")
tally.check("run /bin/cat: an echo", code == 0 and daemon.heard == sound_bytes, (code, err))
fresh()
code, out, err = ctl(daemon, "run", "--rate", "24000", "/bin/sh", "-c",
                     "echo $OFFHOOK_RATE $0 >&2; exit 7", "--json")
tally.check("run: its rate, its words, its status, our standard error",
            code == 7 and err == "24000 --json" and daemon.sent("audio")[0]["rate"] == 24000,
            (code, err))
for program in ("/missing", here, prompt):
    fresh()
    code, out, err = ctl(daemon, "run", program)
    tally.check("run %s: 125" % os.path.basename(program), code == 125 and lines(err) == 1, err)
fresh(answers={"audio": [{"ok": False, "error": "refused", "text": "somebody speaks"}]})
tally.check("run: 125 without audio", ctl(daemon, "run", "/bin/cat")[0] == 125)
fresh(hangs_up=False)
code, out, err = ctl(daemon, "run", "/bin/sh", "-c", "kill -9 $$")
tally.check("run: 128 and the signal that ended it", code == 137, code)
fresh(hangs_up=False)
tally.check("run: SIGPIPE is as programs expect it",
            ctl(daemon, "run", "/bin/sh", "-c", "kill -PIPE $$; exit 0")[0] == 141)
fresh(hangs_up=False)
process = start(daemon, "run", "/bin/sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.1; done")
wait_for("the program", lambda: daemon.sent("audio"), 10)
time.sleep(0.3)
began = time.monotonic()
daemon.end()
code = process.wait(20)
tally.check("run: TERM two seconds after the end of the call", code == 9 and
            time.monotonic() - began > 1.5, (code, time.monotonic() - began))
process.communicate()
fresh(hangs_up=False)
process = start(daemon, "run", "/bin/sh", "-c",
                "trap '' TERM; sleep 60 & echo $! >%s/pid; wait; wait" % here)
wait_for("the program", lambda: os.path.exists(os.path.join(here, "pid")), 10)
time.sleep(0.2)
began = time.monotonic()
process.send_signal(signal.SIGTERM)
code = process.wait(30)
tally.check("run: who does not heed TERM is killed five seconds later, with its children",
            code == 137 and time.monotonic() - began > 4, (code, time.monotonic() - began))
process.communicate()
with open(os.path.join(here, "pid")) as file:
    child = int(file.read())
gone = lambda: not os.path.exists("/proc/%d" % child) or \
    open("/proc/%d/stat" % child).read().split()[2] == "Z"
tally.check("run: none of them is left", wait_for("its end", gone, 5))
fresh(hangs_up=False)
told = os.path.join(here, "told")
process = start(daemon, "run", "/bin/sh", "-c",
                "trap 'echo >%s; exit' TERM; echo >%s.ready; while :; do sleep 0.1; done"
                % (told, told))
wait_for("the program", lambda: os.path.exists(told + ".ready"), 10)
process.kill()
tally.check("run: the program of one that was killed is told to end",
            wait_for("its end", lambda: os.path.exists(told), 10))
process.communicate()

# ---- audio
fresh(says=sound_bytes)
process = start(daemon, "audio", "--rate", "8000", stdin=subprocess.PIPE)
out, err = process.communicate(sound_bytes[::-1], timeout=30)
tally.check("audio: both directions, whole", process.returncode == 0 and out == sound_bytes and
            daemon.heard == sound_bytes[::-1], (process.returncode, len(out), len(daemon.heard), err))
fresh(says=sound_bytes, hangs_up=False)
process = start(daemon, "audio")
wait_for("it", lambda: daemon.sent("audio"), 10)
time.sleep(0.3)
tally.check("audio: goes on hearing when it has nothing more to say", process.poll() is None)
daemon.end()
out, err = process.communicate(timeout=10)
tally.check("audio: 3 when the call is over", process.returncode == 3 and out == sound_bytes,
            (process.returncode, len(out)))

# ---- what stands still
fifo = os.path.join(here, "fifo")
os.mkfifo(fifo)
mp3 = b"ID3\4" + bytes(600)


def stalls(what, words, code, stdin=None, head=b"", has_audio=False, says=b"", does=None):
    """The verb waits for what does not come, or for whom does not take; then the call ends."""
    fresh(answers={"ask": [no]}, says=says, hangs_up=False)
    process = start(daemon, *words, stdin=subprocess.PIPE if stdin is None else stdin)
    if head:
        process.stdin.write(head)
        process.stdin.flush()
    tally.comes("%s: it waits" % what, lambda: daemon.sent("audio" if has_audio else "watch"))
    time.sleep(0.3)
    is_waiting = process.poll() is None
    if does:
        does(process)
    else:
        daemon.end()
    try:
        status = process.wait(8)
    except subprocess.TimeoutExpired:
        status = None
        process.kill()
    err = process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    if process.stdin:
        process.stdin.close()
    tally.check("%s: %s at the end" % (what, code), is_waiting and status == code and
                lines(err) == (code > 0), (is_waiting, status, err))


stalls("play - without a byte", ("play", "-"), 3)
stalls("play - with a beginning", ("play", "-"), 3, head=b"ab")
stalls("play - of half a header", ("play", "-"), 3, head=b"RIFF\xff\xff\xff\xffWAVEfmt ")
stalls("play - of half an MP3", ("play", "-"), 3, head=mp3)
stalls("play of a FIFO without a writer", ("play", fifo), 3)
stalls("play of a file and such a FIFO", ("play", prompt, fifo), 3)
stalls("play - of samples that stop", ("play", "-"), 3, head=sound_bytes[:3201], has_audio=True)
stalls("play - of a WAV that stops", ("play", "-"), 3, has_audio=True,
       head=open(prompt, "rb").read()[:3201])
stalls("ask with such a FIFO", ("ask", fifo), 3)
stalls("ask with - that says nothing", ("ask", "-"), 3)
stalls("audio with nothing to say", ("audio",), 3, has_audio=True)
stalls("audio of whom nobody hears", ("audio",), 3, has_audio=True, says=sound_bytes * 20)
stalls("record - that nobody reads", ("record", "-"), 2, has_audio=True, says=sound_bytes * 20)
stalls("play - that is interrupted", ("play", "-"), -signal.SIGINT,
       does=lambda process: process.send_signal(signal.SIGINT))
stalls("play of a FIFO when the daemon ends", ("play", fifo), 6, does=lambda process: daemon.close())
stalls("record - that nobody reads, interrupted", ("record", "-"), 0, has_audio=True,
       says=sound_bytes * 20, does=lambda process: process.send_signal(signal.SIGTERM))
left = subprocess.run(["ps", "-eo", "stat,args"], capture_output=True, text=True, check=True).stdout
tally.check("no child is left that waits for such a source",
            not [line for line in left.splitlines() if fifo in line], left)

# ---- flush, drain and the plain ones
fresh(answers={"drain": [{"ok": True, "heard_ms": 1240}]})
tally.check("flush prints the milliseconds", ctl(daemon, "flush")[:2] == (0, b"7\n"))
tally.check("drain prints the milliseconds", ctl(daemon, "drain")[:2] == (0, b"1240\n"))
tally.check("drain --json", json.loads(ctl(daemon, "drain", "--json")[1]) == {"v": 1, "heard_ms": 1240})
tally.check("mute, unmute, bridge", ctl(daemon, "mute")[0] == 0 and ctl(daemon, "unmute")[0] == 0 and
            ctl(daemon, "bridge", "zzzz")[0] == 0 and daemon.sent("bridge")[0]["args"] == "zzzz")
tally.check("without a call: 2", subprocess.run(
    [os.path.join(BUILDDIR, "offhookctl"), "play", prompt], env={"OFFHOOK_SOCKET": daemon.path},
    check=False, capture_output=True).returncode == 2)
tally.end()
