# SPDX-License-Identifier: ISC
"""play, record, ask, run and audio on the real daemon: hooks speak to a caller and hear it, and what
arrived at either end is compared with what was said. A daemon that does as it is told:
test_audio_verbs.py."""
import array
import ctypes
import ctypes.util
import math
import os
import struct
import subprocess
import sys
import threading
import time
import wave

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import ATTEMPTS, BUILDDIR, LATE_MS, Caller, Lab, Tally, need, tone, wait_for

RATE = 8000
PIECE = RATE // 10        # 100 ms
EVENT = 101
KEYS = "0123456789*#ABCD"
CLOSE = 0.9               # correlation: G.711 and two resamplers are in between
CLOSE_LOSSY = 0.8         # and a lossy codec
WAV, FLAC, OGG, MP3 = 0x010002, 0x170002, 0x200060, 0x230082  # of libsndfile
need("espeak-ng", "sox")
tally = Tally()


# ---- sound files --------------------------------------------------------------------------------

class Info(ctypes.Structure):
    """SF_INFO"""
    _fields_ = [("frames", ctypes.c_int64), ("rate", ctypes.c_int), ("channels", ctypes.c_int),
                ("format", ctypes.c_int), ("sections", ctypes.c_int), ("seekable", ctypes.c_int)]


SNDFILE = ctypes.CDLL(ctypes.util.find_library("sndfile"))
SNDFILE.sf_open.restype = ctypes.c_void_p
SNDFILE.sf_writef_short.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
SNDFILE.sf_close.argtypes = [ctypes.c_void_p]


def write_sound(path, samples, rate, kind, channels=1):
    """False when libsndfile cannot write that."""
    info = Info(0, rate, channels, kind, 0, 0)
    file = SNDFILE.sf_open(path.encode(), 0x20, ctypes.byref(info))
    if not file:
        return False
    data = array.array("h", [sample for sample in samples for _ in range(channels)])
    SNDFILE.sf_writef_short(file, (ctypes.c_int16 * len(data))(*data), len(data) // channels)
    SNDFILE.sf_close(file)
    return True


def read_sound(path):
    """At 8 kHz, whatever it is; [] when there is none."""
    if not os.path.exists(path):
        return []
    out = subprocess.run(["sox", path, "-t", "raw", "-r", str(RATE), "-c", "1", "-e", "signed",
                          "-b", "16", "-"], capture_output=True, check=True).stdout
    return list(array.array("h", out[:len(out) // 2 * 2]))


def work(lab, name=""):
    """In a folder that hooks may read, whatever comes into it: not so the one with the secrets."""
    return os.path.join(lab.make_folder("work"), name)


def speak(lab, name, text):
    """A spoken WAV that begins and ends with sound: (path, samples at 8 kHz)."""
    path = work(lab, name)
    subprocess.run(["espeak-ng", "-w", path + ".all.wav", text], check=True, capture_output=True)
    trim = ["silence", "1", "0.01", "2%", "reverse"]
    subprocess.run(["sox", "-G", path + ".all.wav", path, *trim, *trim], check=True,
                   capture_output=True)
    os.chmod(path, 0o644)
    return path, read_sound(path)


# ---- comparing ----------------------------------------------------------------------------------

def energy(samples):
    return sum(sample * sample for sample in samples)


def likeness(wanted, heard, place):
    part = heard[place:place + len(wanted)]
    own = energy(part) * energy(wanted)
    if len(part) < len(wanted) or not own:
        return 0.0
    return sum(a * b for a, b in zip(wanted, part)) / math.sqrt(own)


def search(wanted, heard, first, last):
    """(likeness, place) of the best place from `first` to `last`."""
    places = range(max(0, first), min(last, len(heard) - len(wanted)) + 1)
    return max(((likeness(wanted, heard, place), place) for place in places), default=(0.0, 0))


def onset(heard, level=300):
    """Where it begins to be loud."""
    return next((i for i, sample in enumerate(heard) if abs(sample) > level), len(heard))


def peak(heard, first=0.0, last=3600.0):
    """The loudest between these seconds; 0 where nothing is heard at all."""
    return max(map(abs, heard[int(first * RATE):int(last * RATE)]), default=0)


def compare(wanted, heard, start=None, length=None):
    """The least likeness of all pieces of 100 ms, each looked for where the one before has ended (a
    pause of the speaker's may have grown by a frame or two), and where the first is. Pieces that
    are nearly silent resemble anything."""
    length = len(wanted) if length is None else length
    loud = max(energy(wanted[at:at + PIECE]) for at in range(0, length - PIECE, PIECE))
    start = onset(heard) if start is None else start
    places = list(range(0, length - PIECE + 1, PIECE))
    places[-1] = length - PIECE  # the last 100 ms, exactly
    worst, shift, first = 1.0, start, None
    for at in places:
        piece = wanted[at:at + PIECE]
        if energy(piece) < loud / 1000 and at not in (places[0], places[-1]):
            continue
        reach = 400 if first is None else 8
        match, place = search(piece, heard, at + shift - reach, at + shift + reach)
        if match < CLOSE_LOSSY and first is not None:
            match, place = search(piece, heard, at + shift, at + shift + 1600)
        first = place if first is None else first
        worst, shift = min(worst, match), place - at
    return worst, first


def is_clear(wanted, limit=CLOSE):
    """For what a caller heard."""
    return lambda heard: compare(wanted, heard)[0] > limit


def is_recorded(lab, name, wanted, limit=CLOSE):
    """For what is in a file after the call, whatever the caller heard."""
    return lambda _: compare(wanted, read_sound(work(lab, name)))[0] > limit


# ---- the caller ---------------------------------------------------------------------------------

class Phone(Caller):
    """It presses keys at given times while it talks."""

    def event(self, key, ticks, is_end, start):
        header = struct.pack("!BBHII", 0x80, EVENT | (0x80 if ticks == 1 else 0),
                             self.sequence & 0xffff, start & 0xffffffff, self.ssrc)
        self.sequence += 1
        return header + struct.pack("!BBH", KEYS.index(key), 0x8a if is_end else 10, ticks * 160)

    def converse(self, seconds, said=(), presses=()):
        """What was heard in that time. `presses`: (when, key), 100 ms each."""
        heard, silence, presses = {}, [0] * 160, sorted(presses)
        self.rtp.setblocking(False)
        start, key, began, ticks = time.monotonic(), None, 0, 0
        for index in range(int(seconds * 50)):
            if not key and presses and index * 0.02 >= presses[0][0]:
                key, began, ticks = presses.pop(0)[1], self.timestamp, 0
            frame = list(said[index * 160:index * 160 + 160]) or silence
            data = self.packet(frame + [0] * (160 - len(frame)), index == 0)
            if key:
                ticks += 1
                self.sequence -= 1
                data = self.event(key, min(ticks, 5), ticks >= 5, began)
                key = None if ticks == 7 else key
            self.rtp.sendto(data, self.remote)
            while time.monotonic() < start + (index + 1) * 0.02:
                self.listen(heard)
                time.sleep(0.002)
        self.listen(heard)
        return self.join(heard)


class Desk:
    """The laboratory with one hook, whose lines of standard output are kept."""

    def __init__(self, lab):
        self.lab = lab
        self.number = 0

    def call(self, script, seconds, said=(), presses=(), clear=None, **options):
        """Calls; the hook answers and does `script`. (what the caller heard, what the script said on
        the descriptor 3, whether we were hung up on). Again when it is not `clear` and this machine
        has stood still meanwhile."""
        for _ in range(ATTEMPTS):
            begun = self.lab.stood_still_ms()
            result = self.call_once(script, seconds, said, presses, **options)
            if not clear or clear(result[0]) or self.lab.stood_still_ms() - begun < LATE_MS:
                break
        return result

    def call_once(self, script, seconds, said, presses, **options):
        self.number += 1
        out = work(self.lab, "out.%d" % self.number)
        self.lab.hook("incoming", "PATH=%s:$PATH\ncd %s\nexec 3>%s.part\n"
                      "offhookctl answer || exit 0\n%s\nmv %s.part %s"
                      % (BUILDDIR, work(self.lab), out, script, out, out))
        phone = Phone(self.lab, **options)
        status, _ = phone.invite()
        assert status == 200, status
        heard = phone.converse(seconds, said, presses)
        is_ended = phone.wait_bye(0.5)
        if not is_ended:
            phone.bye()
        phone.close()
        wait_for("the hook's end", lambda: os.path.exists(out), 20)
        with open(out) as file:
            return heard, file.read().split(), is_ended


# ---- play ---------------------------------------------------------------------------------------

def test_play(lab, desk):
    path, said = speak(lab, "greeting.wav", "Good morning, this is nobody's telephone. Please speak.")
    seconds = len(said) / RATE
    heard, out, is_ended = desk.call("offhookctl play --json greeting.wav >&3; echo $? >&3",
                                     seconds + 2, clear=is_clear(said))
    worst, first = compare(said, heard)
    tally.check("play: the whole sentence is heard, from its first to its last 100 ms",
                worst > CLOSE, "%.3f from %s" % (worst, first))
    tally.check("play: 0, and the milliseconds that were heard", out[1:] == ["0"] and
                abs(int(out[0].split(":")[-1].rstrip("}")) - seconds * 1000) < 60, (out, seconds))
    tally.check("play: the call ends behind the hook", is_ended)
    loudest = max(abs(sample) for sample in said)
    with wave.open(path) as file:
        rate = file.getframerate()
        samples = list(array.array("h", file.readframes(file.getnframes())))
    for name, kind, channels in (("FLAC", FLAC, 1), ("Ogg", OGG, 1), ("MP3", MP3, 1), ("stereo", WAV, 2)):
        other = work(lab, "greeting." + name.lower())
        if not write_sound(other, samples, rate, kind, channels):
            print("     libsndfile writes no", name, "here")
            continue
        heard, out, _ = desk.call("offhookctl play %s; echo $? >&3" % other, seconds + 2,
                                 clear=is_clear(said, CLOSE_LOSSY))
        worst, _ = compare(said, heard)
        tally.check("play: so it is as %s" % name, worst > CLOSE_LOSSY and out == ["0"],
                    "%.3f %s" % (worst, out))
    heard, out, _ = desk.call("espeak-ng --stdout 'Good morning, this is nobody' | "
                              "offhookctl play -; echo $? >&3", 4.5)
    tally.check("play -: a WAV on a pipe", out == ["0"] and peak(heard) > loudest / 4,
                (out, peak(heard)))
    heard, out, _ = desk.call("sox greeting.wav -t raw -r 16000 -e signed -b 16 - | "
                              "offhookctl play --rate 16000 -; echo $? >&3", seconds + 2,
                              clear=is_clear(said))
    worst, _ = compare(said, heard)
    tally.check("play -: samples on a pipe", out == ["0"] and worst > CLOSE, "%.3f %s" % (worst, out))
    heard, out, _ = desk.call("offhookctl play greeting.wav missing.wav; echo $? >&3", 1.5)
    tally.check("play: nothing is heard when a file is missing", out == ["2"] and
                peak(heard) < 100, (out, peak(heard)))
    heard, out, _ = desk.call("for i in 1 2 3; do offhookctl play greeting.wav greeting.wav; done; "
                              "echo $? >&3; offhookctl play greeting.wav; echo $? >&3", 2)
    tally.check("play: 3 when the caller hangs up, and from then on", out == ["3", "3"], out)
    heard, out, _ = desk.call("offhookctl play greeting.wav & sleep 0.5; offhookctl play greeting.wav;"
                              " echo $? >&3; offhookctl flush >&3; wait $!; echo $? >&3", 3)
    tally.check("play: 4 while somebody speaks, whom flush stops with 1", out[0] == "4" and
                100 < int(out[1]) < 2500 and out[2:] == ["1"], out)


# ---- record -------------------------------------------------------------------------------------

def test_record(lab, desk):
    _, said = speak(lab, "message.wav", "Hello, please call me back before it is too late.")
    seconds = len(said) / RATE
    for name, limit in (("a.wav", CLOSE), ("a.flac", CLOSE), ("a.ogg", CLOSE_LOSSY)):
        _, out, _ = desk.call("offhookctl record %s; echo $? >&3" % name, seconds + 1,
                              [0] * 4000 + said, clear=is_recorded(lab, name, said, limit))
        recorded = read_sound(work(lab, name))
        worst, _ = compare(said, recorded)
        tally.check("record %s: what was said until the caller hung up" % name, worst > limit and
                    out == ["0"], "%.3f %s" % (worst, out))
    _, out, _ = desk.call("offhookctl record --max 1.5 --json b.wav >&3; echo $? >&3", 3, said)
    recorded = read_sound(work(lab, "b.wav"))
    tally.check("record --max", out[1:] == ["0"] and len(recorded) == 1.5 * RATE and
                '"ended_by":"max"' in out[0], (out, len(recorded)))
    _, out, _ = desk.call("offhookctl record --silence 1.5 --json c.wav >&3; echo $? >&3",
                          seconds + 4, [0] * 4000 + said)
    worst, _ = compare(said, read_sound(work(lab, "c.wav")))
    tally.check("record --silence: ends behind the sentence, not within", worst > CLOSE and
                out[1:] == ["0"] and '"ended_by":"silence"' in out[0], "%.3f %s" % (worst, out))
    _, out, _ = desk.call("offhookctl record --silence 1 d.wav; echo $? >&3", 3)
    tally.check("record --silence: 1 and no file when nobody speaks", out == ["1"] and
                not os.path.exists(work(lab, "d.wav")), out)
    heard, out, _ = desk.call("offhookctl record --beep --max 1 e.wav; echo $? >&3", 2.5)
    at = onset(heard)
    beep = [8000 * math.sin(2 * math.pi * i / 8) for i in range(1440)]
    match, _ = search(beep, heard, at, at + 200)
    tally.check("record --beep: 200 ms of 1 kHz before, and none of it in the record", out == ["0"] and
                match > CLOSE and max(heard[at + 1700:]) < 300 and
                max(read_sound(work(lab, "e.wav"))) < 300, "%.3f %s" % (match, out))
    _, out, _ = desk.call("offhookctl play greeting.wav & offhookctl record --both --max 2 f.wav; "
                          "echo $? >&3; wait", 4, clear=is_recorded(
                              lab, "f.wav", read_sound(work(lab, "greeting.wav"))[:RATE]))
    greeting = read_sound(work(lab, "greeting.wav"))
    worst, _ = compare(greeting, read_sound(work(lab, "f.wav")), length=RATE)
    tally.check("record --both: what the caller hears, too", out == ["0"] and worst > CLOSE,
                "%.3f %s" % (worst, out))
    _, out, _ = desk.call("offhookctl record - | sox -t wav - -t wav g.wav; echo $? >&3", seconds + 1,
                          said, clear=is_recorded(lab, "g.wav", said[:len(said) // PIECE * PIECE]))
    worst, _ = compare(said, read_sound(work(lab, "g.wav")), length=len(said) // PIECE * PIECE)
    tally.check("record -: through a pipe", worst > CLOSE, "%.3f %s" % (worst, out))
    _, out, _ = desk.call("offhookctl record missing/h.wav; echo $? >&3", 1)
    tally.check("record: 2 where nothing can be written", out == ["2"], out)


# ---- ask ----------------------------------------------------------------------------------------

def test_ask(lab, desk):
    greeting = len(read_sound(work(lab, "greeting.wav"))) / RATE
    heard, out, _ = desk.call("offhookctl play --stop-on-digit greeting.wav greeting.wav; echo $? >&3;"
                              "offhookctl ask --digits 1 --timeout 3 >&3; echo $? >&3",
                              5, presses=[(1.5, "7")])
    tally.check("play --stop-on-digit: the key ends it with 0, and is there for ask",
                out == ["0", "7", "0"], out)
    tally.check("play --stop-on-digit: within 300 ms it is silent", peak(heard, 1.8) < 300 and
                peak(heard) > 1000, (peak(heard), peak(heard, 1.8)))
    heard, out, _ = desk.call("offhookctl ask --digits 3 --timeout 5 greeting.wav greeting.wav >&3; "
                              "echo $? >&3", 5, presses=[(1.0, "1"), (1.4, "2"), (1.8, "3")])
    tally.check("ask: the first key stops the question; all of them are told", out == ["123", "0"] and
                peak(heard, 1.4) < 300, (out, peak(heard, 1.4)))
    heard, out, _ = desk.call("offhookctl ask --timeout 5 greeting.wav >&3; echo $? >&3", greeting + 4,
                              presses=[(greeting + 1.5, "4"), (greeting + 1.9, "2"),
                                       (greeting + 2.3, "#")],
                              clear=is_clear(read_sound(work(lab, "greeting.wav"))))
    worst, _ = compare(read_sound(work(lab, "greeting.wav")), heard)
    tally.check("ask: the question is heard whole; # ends the answer", out == ["42", "0"] and
                worst > CLOSE, "%.3f %s" % (worst, out))
    heard, out, _ = desk.call("sleep 1.5; offhookctl ask --digits 2 --timeout 5 greeting.wav >&3; "
                              "echo $? >&3", 3.5, presses=[(0.5, "8"), (0.9, "9")])
    tally.check("ask: who types ahead is not asked", out == ["89", "0"] and peak(heard) < 300,
                (out, peak(heard)))
    heard, out, _ = desk.call("sleep 1.5; offhookctl ask --fresh --digits 1 --timeout 1.5 greeting.wav"
                              " >&3; echo $? >&3", greeting + 5, presses=[(0.5, "8")])
    tally.check("ask --fresh: it does not count then; 1 when the time is over", out == ["1"] and
                peak(heard) > 1000, (out, peak(heard)))


# ---- run and audio ------------------------------------------------------------------------------

def test_programs(lab, desk):
    said = tone(2.0, seed=21)
    for rate in (8000, 24000):
        heard, out, _ = desk.call("offhookctl run --rate %d /bin/cat; echo $? >&3" % rate, 3.5, said,
                                 clear=is_clear(said))
        worst, place = compare(said, heard)
        tally.check("run /bin/cat: an echo at %d Hz" % rate, worst > CLOSE and out == ["0"],
                    "%.3f from %s, %s" % (worst, place, out))
    program = lab.write("work/agent", "#!/bin/sh\necho $OFFHOOK_RATE $OFFHOOK_CALL >&2\n"
                        "sox greeting.wav -t raw -r $OFFHOOK_RATE -e signed -b 16 -\nexit 9\n", 0o755)
    greeting = read_sound(work(lab, "greeting.wav"))

    def is_twice(heard):
        worst, first = compare(greeting, heard)
        return worst > CLOSE and compare(greeting, heard, start=first + len(greeting))[0] > CLOSE
    heard, out, is_ended = desk.call("offhookctl run --rate 24000 %s 2>&3; echo $? >&3; "
                                     "offhookctl play greeting.wav; echo $? >&3" % program, 11,
                                     clear=is_twice)
    worst, first = compare(greeting, heard)
    again, _ = compare(greeting, heard, start=first + len(greeting))
    tally.check("run: a program that speaks at 24 kHz is heard whole; its status",
                worst > CLOSE and out[0] == "24000" and out[2:] == ["9", "0"], "%.3f %s" % (worst, out))
    tally.check("run: the next verb speaks behind it, whole", again > CLOSE and is_ended,
                "%.3f" % again)
    heard, out, _ = desk.call("offhookctl run ./missing; echo $? >&3", 1)
    tally.check("run: 125 for what is missing", out == ["125"], out)
    heard, out, _ = desk.call("offhookctl audio </dev/null | sox -t raw -r $OFFHOOK_RATE -e signed -b 16"
                              " -c 1 - -t wav heard.wav; echo $? >&3", 3, said,
                              clear=is_recorded(lab, "heard.wav", said))
    worst, _ = compare(said, read_sound(work(lab, "heard.wav")))
    tally.check("audio: what the caller says, in a pipe", worst > CLOSE and out == ["0"],
                "%.3f %s" % (worst, out))
    heard, out, _ = desk.call("sox greeting.wav -t raw -r $OFFHOOK_RATE -e signed -b 16 - | "
                              "offhookctl audio >/dev/null; echo $? >&3",
                              len(greeting) / RATE + 2, clear=is_clear(greeting))
    worst, _ = compare(greeting, heard)
    tally.check("audio: what is in a pipe, to the caller; 3 at the end of the call", worst > CLOSE and
                out == ["3"], "%.3f %s" % (worst, out))


# ---- several at once ----------------------------------------------------------------------------

def test_together(lab, desk):
    greeting = read_sound(work(lab, "greeting.wav"))
    said = tone(2.0, seed=22)
    are_recorded = [is_recorded(lab, "l%d.wav" % i, said[:RATE]) for i in (1, 2, 3, 4)]
    heard, out, _ = desk.call(
        "for i in 1 2 3 4; do offhookctl record l$i.wav & done; "
        "until [ $(ls -A | grep -c '^[.]l[1-4][.]wav') = 4 ]; do sleep 0.05; done; sleep 0.3; "
        "offhookctl record l5.wav; echo $? >&3; offhookctl mute; "
        "(sleep 1; offhookctl unmute) & offhookctl play greeting.wav greeting.wav; echo $? >&3",
        len(greeting) * 2 / RATE + 3, said,
        clear=lambda _: wait_for("four records", lambda: all(
            os.path.exists(work(lab, "l%d.wav" % i)) for i in (1, 2, 3, 4))) and
        all(one(_) for one in are_recorded))
    tally.check("a fifth listener is refused: 4", out == ["4", "0"], out)
    wait_for("four records", lambda: all(os.path.exists(work(lab, "l%d.wav" % i)) for i in (1, 2, 3, 4)))
    worst = min(compare(said, read_sound(work(lab, "l%d.wav" % i)), length=RATE)[0]
                for i in (1, 2, 3, 4))
    tally.check("four listeners hear the same", worst > CLOSE, "%.3f" % worst)
    tally.check("mute: nothing is heard; unmute: it is", peak(heard, 0.5, 1) < 100 and
                peak(heard, 2) > 1000, (peak(heard, 0.5, 1), peak(heard, 2)))


def leave_message(lab, greeting, said):
    """What the INVITE was answered with, and what was heard before we spoke."""
    if os.path.exists(work(lab, "mailed")):
        os.remove(work(lab, "mailed"))
    phone = Phone(lab, user="+4930123456")
    _, statuses = phone.invite()
    heard = phone.converse(len(greeting) / RATE + 1.5)
    phone.converse(len(said) / RATE + 0.5, said)
    phone.bye()
    phone.close()
    wait_for("the mail", lambda: os.path.exists(work(lab, "mailed")), 15)
    return statuses, heard


def test_answering_machine(lab):
    """The three lines of the contract as they are, but that it rings for one second; `mail` is a
    program that keeps its words."""
    lab.write("work/mail", "#!/bin/sh\ncp msg.wav %s\nprintf '%%s\\n' \"$@\" >%s\n"
              % (work(lab, "kept.wav"), work(lab, "mail.part")), 0o755)
    with open(work(lab, "mail"), "a") as file:
        file.write("mv %s %s\n" % (work(lab, "mail.part"), work(lab, "mailed")))
    lab.hook("incoming", """PATH=%s:%s:$PATH
cp %s greeting.wav
# answering machine: hooks/incoming.d/90-voicemail
offhookctl ring 1 || exit 0
offhookctl answer && offhookctl play greeting.wav
offhookctl record --max 120 msg.wav && mail -s "Message from $OFFHOOK_FROM" -A msg.wav you@example.org </dev/null
""" % (BUILDDIR, work(lab), work(lab, "greeting.wav")))
    _, said = speak(lab, "sentence.wav", "This is Alice. I shall be late for dinner.")
    greeting = read_sound(work(lab, "greeting.wav"))
    for _ in range(ATTEMPTS):
        begun = lab.stood_still_ms()
        statuses, heard = leave_message(lab, greeting, said)
        worst, _ = compare(greeting, heard)
        kept, _ = compare(said, read_sound(work(lab, "kept.wav")))
        if min(worst, kept) > CLOSE or lab.stood_still_ms() - begun < LATE_MS:
            break
    tally.check("answering machine: it rings, then answers",
                [one for one in statuses if one != 100] == [180, 200], statuses)
    tally.check("answering machine: the greeting", worst > CLOSE, "%.3f" % worst)
    with open(work(lab, "mailed")) as file:
        words = file.read().splitlines()
    tally.check("answering machine: the sentence is in the mail", kept > CLOSE and words ==
                ["-s", "Message from +4930123456", "-A", "msg.wav", "you@example.org"],
                "%.3f %s" % (kept, words))
    phone = Phone(lab)
    phone.invite(until=180)
    os.remove(work(lab, "mailed"))
    phone.cancel()
    status = phone.wait_status("INVITE")
    wait_for("the end of the hook", lambda: lab.ask("status")["hooks_alive"] == 0)
    tally.check("answering machine: who hangs up before it answers leaves nothing", status == 487 and
                lab.ctl("calls").stdout == "" and not os.path.exists(work(lab, "mailed")), status)
    phone.close()


with Lab() as lab:
    lab.start_kamailio()
    lab.start_daemon(linger=10, decide=10)
    desk = Desk(lab)
    wanted = sys.argv[1:]
    for test in (test_play, test_record, test_ask, test_programs, test_together):
        if not wanted or test.__name__ in wanted:
            if test is not test_play and not os.path.exists(work(lab, "greeting.wav")):
                speak(lab, "greeting.wav", "Good morning, this is nobody's telephone. Please speak.")
            test(lab, desk)
    if not wanted or "test_answering_machine" in wanted:
        if not os.path.exists(work(lab, "greeting.wav")):
            speak(lab, "greeting.wav", "Good morning, this is nobody's telephone. Please speak.")
        test_answering_machine(lab)
tally.end()
