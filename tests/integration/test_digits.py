# SPDX-License-Identifier: ISC
"""Digits over the real daemon: a hundred each way as telephone-events with five percent of the
packets lost, by INFO and as tones; what `ask` gives to whom, and how `dtmf` ends."""
import json
import math
import os
import random
import re
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import LINEAR, Caller, Lab, Tally, wait_for

COUNT = 100
LOSS = 0.05
EVENT = 101
KEYS = "0123456789*#ABCD"
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = "123A456B789C*0#D"
RTP_ONLY = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            "m=audio %d RTP/AVP 0\r\n")
tally = Tally()
chance = random.Random(5)


class Watcher:
    """A client that watches: digits one by one, and strings, each with its call."""

    def __init__(self, lab):
        self.digits, self.strings = {}, {}
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(lab.path("control"))
        self.socket.sendall(b'{"id":1,"cmd":"watch"}\n')
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        with self.socket.makefile() as stream:
            for text in stream:
                event = json.loads(text)
                call = event.get("call")
                if "digit" in event:
                    self.digits[call] = self.digits.get(call, "") + event["digit"]
                elif "digits" in event:
                    self.strings.setdefault(call, []).append(event["digits"])

    def count(self, call):
        return len(self.digits.get(call, ""))


class Phone(Caller):
    """It presses keys, and hears those of the far end."""

    def __init__(self, lab, **options):
        super().__init__(lab, **options)
        self.presses = []  # of the far end: (timestamp, key), each once
        self.info_digits = ""
        self.info_status = "200 OK"
        self.is_lossy = False

    def packets(self):
        """What has come by RTP; a twentieth is lost on the way."""
        self.rtp.setblocking(False)
        while True:
            try:
                data = self.rtp.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if not self.is_lossy or chance.random() >= LOSS:
                yield data

    def take_events(self):
        for data in self.packets():
            if len(data) < 16 or data[1] & 0x7f != EVENT:
                continue
            timestamp = struct.unpack("!I", data[4:8])[0]
            if timestamp not in [when for when, _ in self.presses[-8:]]:
                self.presses.append((timestamp, KEYS[data[12]]))

    def event_packet(self, key, timestamp, ticks, is_end):
        header = struct.pack("!BBHII", 0x80, EVENT | (0x80 if ticks == 1 and not is_end else 0),
                             self.sequence & 0xffff, timestamp & 0xffffffff, self.ssrc)
        self.sequence += 1
        return header + struct.pack("!BBH", KEYS.index(key), 0x8a if is_end else 10, ticks * 160)

    def press(self, keys, lossy=True, ticks=5, gap=3):
        """Telephone-events in real time, and silence between them."""
        at = time.monotonic()
        for key in keys:
            start = self.timestamp
            for i in range(1, ticks + gap + 1):
                data = self.packet([0] * 160)  # goes on with the clock
                if i <= ticks + 2:
                    self.sequence -= 1
                    data = self.event_packet(key, start, min(i, ticks), i >= ticks)
                if not lossy or chance.random() >= LOSS:
                    self.rtp.sendto(data, self.remote)
                at += 0.02
                time.sleep(max(0, at - time.monotonic()))
                self.take_events()

    def info(self, body, kind="application/dtmf-relay"):
        """As Caller.send, but for the type of the body."""
        self.cseq += 1
        text = ["INFO %s SIP/2.0" % self.request_uri,
                "Via: SIP/2.0/UDP %s;branch=z9hG4bK%016x;rport" % (self.me, random.getrandbits(64)),
                "Max-Forwards: 70", "From: <%s>;tag=%s" % (self.sender, self.tag),
                "To: " + self.to_header, "Call-ID: " + self.call_id, "CSeq: %d INFO" % self.cseq,
                "Contact: <sip:caller@%s>" % self.me]
        text += ["Route: " + route for route in self.routes]
        text += ["Content-Type: " + kind, "Content-Length: %d" % len(body), "", body]
        self.sip.sendto("\r\n".join(text).encode(), ("127.0.0.1", self.lab.udp))
        return self.wait_status("INFO")

    def answer_infos(self, seconds, until):
        """Takes the digits of INFOs until `until` of them have come."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(self.info_digits) < until:
            message = self.receive(0.2)
            if not message or not message.startswith("INFO "):
                continue
            self.answer(message, self.info_status)
            match = re.search(r"Signal=(.)", message)
            self.info_digits += match.group(1) if match else "?"


def random_keys(count):
    return "".join(chance.choice(KEYS) for _ in range(count))


def background(function, *words):
    """Runs it beside; gives a function that waits for its result."""
    result = []
    thread = threading.Thread(target=lambda: result.append(function(*words)))
    thread.start()

    def wait():
        thread.join(120)
        return result[0]
    return wait


def call_up(lab, **options):
    """(telephone, call): the program says nothing."""
    body = options.pop("body", None)
    phone = Phone(lab, **options)
    if body:
        body %= phone.rtp.getsockname()[1]
    final, statuses = phone.invite(body)
    if final != 200:
        raise AssertionError("the call is answered %s" % statuses)
    calls = wait_for("the call", lambda: [one["call"] for one in lab.ask("calls")["calls"]
                                          if one["state"] == "up"])
    return phone, calls[-1]


def dtmf(lab, call, keys, *options):
    """In two pieces, as 64 are the most."""
    middle = len(keys) // 2
    for part in (keys[:middle], keys[middle:]):
        answer = lab.ctl("dtmf", part, *options, "--call", call)
        if answer.returncode:
            return answer
    return answer


# ---- telephone-events -----------------------------------------------------------------------

def by_events(lab, watcher):
    phone, call = call_up(lab)
    phone.is_lossy = True
    pressed, sent = random_keys(COUNT), random_keys(COUNT)
    result = background(dtmf, lab, call, sent, "--tone", "100", "--gap", "60")
    phone.press(pressed)
    end = time.monotonic() + 60
    while len(phone.presses) < COUNT and time.monotonic() < end:
        phone.take_events()
        time.sleep(0.02)
    tally.check("100 events in with 5 % of the packets lost: each once",
                wait_for("digits", lambda: watcher.count(call) >= COUNT) and
                watcher.digits[call] == pressed, watcher.digits.get(call))
    heard = "".join(key for _, key in phone.presses)
    tally.check("100 events out with 5 % of the packets lost: each once", heard == sent, heard)
    tally.check("dtmf ends with 0 when they have left", result().returncode == 0)
    wait_for("the strings", lambda: sum(map(len, watcher.strings.get(call, []))) >= COUNT, 10)
    tally.check("the event dtmf has all that nobody asked for, in strings",
                "".join(watcher.strings[call]) == pressed and
                all("#" not in string[:-1] and len(string) <= 64
                    for string in watcher.strings[call]), watcher.strings[call])
    show = lab.ask("show", call=call)
    tally.check("64 are kept, and the others counted", show.get("digits_dropped") == COUNT - 64,
                show.get("digits_dropped"))
    answer = lab.ask("ask", call=call, args="--digits 64 --timeout 0")
    tally.check("those that are kept are the first", answer.get("digits") == pressed[:64], answer)
    phone.bye()
    phone.close()


# ---- INFO -----------------------------------------------------------------------------------

def by_info(lab, watcher):
    phone, call = call_up(lab)
    pressed, sent = random_keys(COUNT), random_keys(COUNT)
    statuses = set()
    for i, key in enumerate(pressed):
        statuses.add(phone.info("Signal=%s\r\nDuration=160\r\n" % key) if i % 2 else
                     phone.info(key, "application/dtmf"))
        time.sleep(0.06)  # more than 20 a second are no hand's
    tally.check("100 by INFO in: each is answered 200", statuses == {200}, statuses)
    tally.check("100 by INFO in: each once", wait_for("digits", lambda: watcher.count(call) >= COUNT)
                and watcher.digits[call] == pressed, watcher.digits.get(call))
    result = background(dtmf, lab, call, sent, "--method", "info")
    phone.answer_infos(60, COUNT)
    tally.check("100 by INFO out: each once", phone.info_digits == sent, phone.info_digits)
    tally.check("dtmf ends with 0 when the last is answered", result().returncode == 0)
    phone.info_status = "488 Not Acceptable Here"
    result = background(dtmf, lab, call, "12", "--method", "info")
    phone.info_digits = ""
    phone.answer_infos(20, 1)
    answer = result()
    tally.check("dtmf ends with 5 when the far end refuses, and says so",
                answer.returncode == 5 and "488" in answer.stderr, answer)
    result = background(lab.ctl, "dtmf", "12", "--method", "info", "--call", call)
    wait_for("an INFO", lambda: (phone.receive(0.2) or "").startswith("INFO "))
    again = lab.ctl("dtmf", "3", "--call", call)
    tally.check("4 while others are being sent", again.returncode == 4 and again.stderr, again)
    phone.bye()
    answer = result()
    tally.check("dtmf ends with 3 when the call is over", answer.returncode == 3, answer)
    phone.close()


# ---- tones ----------------------------------------------------------------------------------

def tones(keys, tone_ms=80, gap_ms=80):
    samples = []
    for key in keys:
        row, column = divmod(PAD.index(key), 4)
        for i in range(tone_ms * 8):
            angle = 2 * math.pi * i / 8000
            samples.append(int(7000 * math.sin(angle * ROWS[row]) +
                               7000 * math.sin(angle * COLUMNS[column])))
        samples += [0] * (gap_ms * 8)
    return samples


def power(samples, frequency):
    newer = older = 0.0
    coefficient = 2 * math.cos(2 * math.pi * frequency / 8000)
    for sample in samples:
        newer, older = sample + coefficient * newer - older, newer
    return newer * newer + older * older - coefficient * newer * older


def keys_in(samples):
    """One frame of 20 ms after the other, on the daemon's own frames."""
    keys, last = "", None
    for i in range(0, len(samples) - 159, 160):
        frame = samples[i:i + 160]
        key = None
        if sum(abs(sample) for sample in frame) > 160 * 2000:
            row = max(range(4), key=lambda k: power(frame, ROWS[k]))
            column = max(range(4), key=lambda k: power(frame, COLUMNS[k]))
            key = PAD[4 * row + column]
        if key and key != last:
            keys += key
        last = key
    return keys


def talk(phone, samples, tail):
    """What was heard meanwhile, each packet at its place in time."""
    heard = {}
    phone.rtp.setblocking(False)
    at = time.monotonic()
    for i in range(0, len(samples) + int(tail * 8000), 160):
        frame = samples[i:i + 160]
        phone.rtp.sendto(phone.packet(frame + [0] * (160 - len(frame))), phone.remote)
        at += 0.02
        while time.monotonic() < at:
            phone.listen(heard)
            time.sleep(0.002)
    phone.listen(heard)
    return [LINEAR[code] for timestamp in sorted(heard) for code in heard[timestamp]]


def tones_at_once(lab, watcher, phone, call, keys):
    """One piece each way; a machine too busy for 40 ms may break a tone in two, and then not."""
    before = watcher.count(call)
    result = background(lab.ctl, "dtmf", keys, "--tone", "80", "--gap", "80", "--call", call)
    heard = keys_in(talk(phone, tones(keys), 1.5))
    answer = result()
    return watcher.digits.get(call, "")[before:], heard, answer.returncode


def by_tones(lab, watcher):
    phone, call = call_up(lab, body=RTP_ONLY)
    talk(phone, [], 0.5)
    tries, right_in, right_out, statuses = 0, 0, 0, set()
    while (right_in < COUNT or right_out < COUNT) and tries < 12:
        keys = random_keys(25)
        heard_in, heard_out, status = tones_at_once(lab, watcher, phone, call, keys)
        right_in += 25 * (heard_in == keys)
        right_out += 25 * (heard_out == keys)
        statuses.add(status)
        tries += 1
        if heard_in != keys or heard_out != keys:
            print("     said %s, in %s, out %s" % (keys, heard_in, heard_out))
    tally.check("100 tones in: each once", right_in >= COUNT, "%d pieces of 25" % tries)
    tally.check("100 tones out, because the far end takes nothing else: each once",
                right_out >= COUNT, "%d pieces of 25" % tries)
    tally.check("dtmf ends with 0 when they have left", statuses == {0}, statuses)
    answer = lab.ctl("dtmf", "1", "--method", "rtp", "--call", call)
    tally.check("no events for a far end that has not agreed to them", answer.returncode == 4)
    phone.bye()
    phone.close()


# ---- ask ------------------------------------------------------------------------------------

def client(lab, line):
    """A connection of its own that has sent that."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(15)
    connection.connect(lab.path("control"))
    connection.sendall(json.dumps(line).encode() + b"\n")
    return connection


def wait_asked(lab, call):
    """Until somebody asks; asking without waiting takes nothing where nothing is ahead."""
    wait_for("somebody to ask",
             lambda: lab.ask("ask", call=call, args="--timeout 0").get("error") == "refused")


def ask(lab, watcher):
    phone, call = call_up(lab)
    environment = {"OFFHOOK_CALL": call}
    phone.press("12", lossy=False)
    wait_for("digits", lambda: watcher.count(call) == 2)
    answer = lab.ctl("ask", "--digits", "2", env=environment)
    tally.check("ask prints what was pressed before", (answer.returncode, answer.stdout) == (0, "12\n"),
                answer)
    result = background(lambda: lab.ctl("ask", "--until", "*", env=environment))
    wait_asked(lab, call)
    phone.press("34*", lossy=False)
    answer = result()
    tally.check("ask waits for the end", (answer.returncode, answer.stdout) == (0, "34\n"), answer)
    time.sleep(2.5)
    tally.check("no event dtmf of what was asked for", not watcher.strings.get(call),
                watcher.strings.get(call))
    result = background(lambda: lab.ctl("ask", "--digits", "3", "--timeout", "4", env=environment))
    wait_asked(lab, call)
    again = lab.ctl("ask", env=environment)
    phone.press("5", lossy=False)
    answer = result()
    tally.check("a second ask is refused", again.returncode == 4 and not again.stdout, again)
    tally.check("1 when no more come in time, with those that came",
                (answer.returncode, answer.stdout) == (1, "5\n"), answer)
    gone = client(lab, {"id": 1, "cmd": "ask", "call": call})
    wait_asked(lab, call)
    gone.close()
    tally.comes("who asks and goes does not stand in the way",
                lambda: lab.ask("ask", call=call, args="--timeout 0").get("error") == "no")
    answer = lab.ctl("ask", "--digits", "0", env=environment)
    tally.check("2 and a sentence for words that it does not know",
                answer.returncode == 2 and "--digits" in answer.stderr, answer)
    result = background(lambda: lab.ctl("ask", env=environment))
    wait_asked(lab, call)
    phone.press("77", lossy=False)
    phone.bye()
    answer = result()
    tally.check("3 when the call ends, and no digits", (answer.returncode, answer.stdout) == (3, ""),
                answer)
    phone.close()


def keeps_digits_to_itself(lab):
    """The daemon's log, at its most talkative."""
    log = lab.log("offhookd")
    tally.check("no digit is logged", "Signal=" not in log and "digit=" not in log and
                not re.search(r"digits=\"?[0-9*#]", log))


def main():
    with Lab() as lab:
        lab.start_kamailio()
        lab.hook("incoming", "echo answer /bin/sleep 600")
        lab.start_daemon()
        watcher = Watcher(lab)
        for part in (ask, by_events, by_info, by_tones):
            part(lab, watcher)
            wait_for("the end of the call", lambda: not lab.ask("calls")["calls"])
        keeps_digits_to_itself(lab)
    tally.end()


if __name__ == "__main__":
    main()
