# SPDX-License-Identifier: ISC
"""Every example as its README installs it, called by real callers, in the unit that ships, on a machine
that is booted for it, with the programs that it names: mailutils and msmtp before a mail server,
mosquitto, curl, espeak-ng. What cannot be delivered is not lost: not by a mail server that is away, not
by a restart."""
import array
import email
import glob
import http.server
import math
import os
import random
import re
import shutil
import socketserver
import stat
import subprocess
import sys
import threading
import time
import urllib.parse
import wave

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import SRCDIR, Callee, Caller, Tally, need, run, wait_for
from unit_lab import UnitLab, enter_booted_machine, write

EXAMPLES = os.path.join(SRCDIR, "examples")
HZ = {"greeting": 500, "menu": 600, "hours": 700, "busy": 800, "bye": 900, "pin": 1000,
      "open": 1100, "wrong": 1200, "wait": 1300, "alarm": 1400, "voice": 1600, "other": 1800}
SAVED = "/srv/saved"
OUTBOX = "/var/lib/offhookd/outbox"
SOUNDS = "/etc/offhookd/sounds"
tally = Tally()


# ---- the machine -----------------------------------------------------------------------------

def sine(hertz, seconds, rate=8000):
    return [int(8000 * math.sin(2 * math.pi * hertz * i / rate))
            for i in range(int(seconds * rate))]


def script(path, text):
    with open(path, "w") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)


def furnish():
    """What an operator does: programs, their settings, sounds, users."""
    os.makedirs(SAVED)
    os.chmod(SAVED, 0o777)
    os.makedirs(SOUNDS, exist_ok=True)
    for name, hertz in HZ.items():
        with wave.open(os.path.join(SOUNDS, name + ".wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(array.array("h", sine(hertz, 0.6)).tobytes())
    write("/etc/hosts", "127.0.0.1 localhost gate.example broker.example smtp.example.org\n")
    write("/etc/msmtprc", "account default\nhost smtp.example.org\nfrom line@example.org\n", 0o640,
          "offhook")
    write("/etc/mail.rc", "set sendmail=sendmail:/usr/bin/msmtp\n")
    # What another MTA has there wants rights that nobody gets in the unit.
    run("rm", "-f", "/usr/sbin/sendmail")
    script("/usr/sbin/sendmail", "echo cannot write into the spool >&2; exit 1\n")
    run("useradd", "--no-create-home", "--groups", "offhook", "reception")
    # The only program that Debian does not have.
    script("/usr/local/bin/whisper-cli", '[ "$1 $2 $4" = "--no-timestamps -m -f" ] && test -s "$5" &&\n'
                                         "echo somebody spoke\n")


def as_operator(*words, **options):
    """Of the group offhook, without rights of root."""
    return subprocess.Popen(["runuser", "-u", "reception", "--", *words], text=True, cwd="/", **options)


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every mail; closed, it is a server that is down."""
    allow_reuse_address = daemon_threads = True
    mails = []

    def __init__(self):
        super().__init__(("127.0.0.1", 25), self.Talk)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Talk(socketserver.StreamRequestHandler):
        def say(self, text):
            self.wfile.write(text.encode() + b"\r\n")

        def handle(self):
            self.say("220 smtp.example.org")
            for line in self.rfile:
                verb = line.split()[0].upper()
                if verb == b"DATA":
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(line)
                    MailServer.mails.append(email.message_from_bytes(b"".join(lines)))
                self.say("221 bye" if verb == b"QUIT" else "250 fine")

    def stop(self):
        self.shutdown()
        self.server_close()


def mails(subject):
    return [mail for mail in MailServer.mails if mail["Subject"] == subject]


def body_of(mail):
    return mail.get_payload(decode=True).decode().replace("\r\n", "\n")


def plain(name):
    """10-blocked is `blocked`, mail-to-sms is `mail_to_sms`."""
    return re.sub(r"[-.]", "_", name).lstrip("0123456789_")


class Desk:
    """Installs and removes what belongs to an example."""

    def __init__(self, lab):
        self.lab = lab
        self.installed = []

    def install(self, example, **places):
        """File of the example = where it goes; hooks are named without a folder."""
        for name, place in places.items():
            source = next(path for path in glob.glob(os.path.join(EXAMPLES, example, "*"))
                          if plain(os.path.basename(path)) == name)
            path = place if place.startswith("/") else os.path.join(self.lab.hooks, place)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copyfile(source, path)
            os.chmod(path, 0o755)
            self.installed.append(path)

    def clear(self):
        for path in self.installed:
            os.remove(path)
        self.installed = []


# ---- telephones ------------------------------------------------------------------------------

class Voice(threading.Thread):
    """Speaks and listens on a call in the background: which tones are heard, and for how long."""

    def __init__(self, caller):
        super().__init__(daemon=True)
        self.caller = caller
        self.seconds = {name: 0.0 for name in HZ}
        self.energy = []  # of each packet
        self.speech = []
        self.keys = []
        self.is_over = False
        self.waves = {name: [(math.cos(2 * math.pi * hertz * i / 8000),
                              math.sin(2 * math.pi * hertz * i / 8000)) for i in range(160)]
                      for name, hertz in HZ.items()}
        caller.rtp.setblocking(False)
        self.start()

    def run(self):
        at = time.monotonic()
        while not self.is_over:
            self.caller.rtp.sendto(self.next_packet(), self.caller.remote)
            heard = {}
            self.caller.listen(heard)
            for timestamp in sorted(heard):
                self.hear(self.caller.join({0: heard[timestamp]}))
            at += 0.02
            time.sleep(max(0, at - time.monotonic()))

    def next_packet(self):
        if self.keys:
            packet = next(self.keys[0], None)
            if packet:
                return packet
            self.keys = self.keys[1:]
        frame = [0] * 160
        if self.speech:
            frame, self.speech = self.speech[:160], self.speech[160:]
            frame += [0] * (160 - len(frame))
        return self.caller.packet(frame)

    def hear(self, samples):
        energy = sum(sample * sample for sample in samples)
        self.energy.append(energy / max(1, len(samples)))
        if energy < 160 * 10000 or len(samples) != 160:
            return
        for name, wave_of in self.waves.items():
            real = sum(sample * one for sample, (one, _) in zip(samples, wave_of))
            imaginary = sum(sample * one for sample, (_, one) in zip(samples, wave_of))
            if (real * real + imaginary * imaginary) / 80 > 0.7 * energy:
                self.seconds[name] += 0.02

    def say(self, samples):
        self.speech = self.speech + samples

    def press(self, digits):
        self.keys = self.keys + [self.caller.event_packets(digit) for digit in digits]

    def hears(self, name, seconds=0.45, within=8):
        try:
            wait_for("the sound " + name, lambda: self.seconds[name] >= seconds, within)
        except AssertionError:
            return False
        self.seconds[name] = 0.0
        return True

    def end(self):
        self.is_over = True
        self.join()


def call(lab, user="4930123456", seconds=20):
    caller = Caller(lab, user=user)
    final, statuses = caller.invite(seconds=seconds)
    return caller, final, statuses


def talk_to(lab, user="4930123456", seconds=20):
    caller, final, _ = call(lab, user, seconds)
    assert final == 200, "answered %s" % final
    return caller, Voice(caller)


def wait_request(caller, method, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        message = caller.receive(max(0.01, end - time.monotonic()))
        if message and message.startswith(method + " "):
            return message
    return None


def take_refer(caller, accept):
    refer = wait_request(caller, "REFER")
    if not refer or not accept:
        caller.answer(refer, "603 Decline")
        return refer
    caller.answer(refer, "202 Accepted")
    caller.cseq += 1
    caller.send("NOTIFY", "SIP/2.0 200 OK\r\n", headers=["Event: refer",
                "Subscription-State: terminated;reason=noresource"], kind="message/sipfrag")
    return refer


def refused(lab, user):
    caller, final, _ = call(lab, user)
    caller.close()
    return final


# ---- the examples ----------------------------------------------------------------------------

def blocklist(desk):
    desk.install("blocklist", blocked="incoming.d/10-blocked")
    write("/etc/offhookd/blocked", "+4930666\n+4930667\n")
    tally.check("blocklist: a number in the list is refused with 603",
                refused(desk.lab, "+4930666") == 603)
    tally.check("blocklist: others are not, nor parts of numbers",
                refused(desk.lab, "+493066") == 410 and refused(desk.lab, "-x") == 410)


def allowlist(desk):
    desk.install("allowlist", allowed="incoming.d/20-allowed")
    write("/etc/offhookd/allowed", "+4930111\n")
    for hour, user, wanted in (("08", "+4930999", 410), ("21", "+4930999", 410),
                               ("22", "+4930999", 480), ("07", "+4930999", 480),
                               ("03", "+4930111", 410)):
        script("/usr/local/bin/date", "echo %s\n" % hour)
        tally.check("allowlist: %s at %s is answered %d" % (user, hour, wanted),
                    refused(desk.lab, user) == wanted)
    os.remove("/usr/local/bin/date")


def echo(desk):
    desk.install("echo", incoming="incoming")
    caller, voice = talk_to(desk.lab)
    voice.say(sine(HZ["voice"], 1.0))
    tally.check("echo: the caller hears himself", voice.hears("voice", 0.8))
    tally.check("echo: and hangs up", caller.bye() == 200)
    voice.end()


class Message(threading.Thread):
    """The answering machine takes its time: twenty seconds of ringing beside the other examples."""

    def __init__(self, desk, user, hangs_up=True):
        super().__init__(daemon=True)
        self.user = user
        self.hangs_up = hangs_up
        self.caller = Caller(desk.lab, user=user)
        desk.install("voicemail", voicemail="incoming.d/90-voicemail")
        status, _ = self.caller.invite(until=180)
        self.began = time.monotonic()
        tally.check("voicemail: it rings", status == 180, status)
        desk.clear()
        self.rang = 0
        self.is_greeted = False
        self.start()

    def run(self):
        while True:
            message = self.caller.receive(30)
            if message is None:
                return
            if message.startswith("SIP/2.0 200") and "INVITE" in message:
                self.caller.finish_invite(message, 200)
                break
        self.rang = time.monotonic() - self.began
        voice = Voice(self.caller)
        self.is_greeted = voice.hears("greeting")
        time.sleep(0.3)
        voice.say(sine(HZ["voice"], 1.5))
        wait_for("all is said", lambda: not voice.speech)
        time.sleep(0.5)
        voice.end()
        if self.hangs_up:
            self.caller.bye()

    def subject(self):
        return "Message from " + self.user

    def check_call(self):
        self.join(40)
        tally.check("voicemail: it is answered after 20 seconds", 19 < self.rang < 30,
                    "%.1f s" % self.rang)
        tally.check("voicemail: the greeting is heard", self.is_greeted)

    def check_kept(self):
        """The mail server is away."""
        wait_for("the message in the outbox", lambda: glob.glob("%s/* %s.wav" % (OUTBOX, self.user)))
        wait_for("the hook to fail", lambda: "90-outbox" in UnitLab.unit_ask("offhookd", "status"))
        tally.check("voicemail: without a mail server the message is kept, and status tells",
                    not mails(self.subject()))

    def check_mail(self, seconds):
        mail = wait_for("the mail from " + self.user, lambda: mails(self.subject()), seconds)[0]
        sounds = [part for part in mail.walk() if part.get_filename()]
        tally.check("voicemail: a mail tells who called", mail["To"] == "<you@example.org>" and
                    len(sounds) == 1 and sounds[0].get_filename().endswith(self.user + ".wav"))
        with open(SAVED + "/mail.wav", "wb") as file:
            file.write(sounds[0].get_payload(decode=True))
        with wave.open(SAVED + "/mail.wav") as file:
            samples = array.array("h", file.readframes(1 << 20))
            rate = file.getframerate()
        loud = sum(abs(sample) > 1000 for sample in samples)
        tally.check("voicemail: what was said is attached", 1.2 * rate < 1.25 * loud < 2.2 * rate,
                    "%d of %d samples" % (loud, len(samples)))
        wait_for("the outbox to be empty", lambda: not glob.glob("%s/* %s.wav" % (OUTBOX, self.user)))


def menu(desk):
    desk.install("menu", incoming="incoming")
    caller, voice = talk_to(desk.lab)
    tally.check("menu: it is heard", voice.hears("menu"))
    voice.press("1")
    tally.check("menu: 1 plays the hours", voice.hears("hours"))
    tally.check("menu: and then the menu again", voice.hears("menu", 0.2))
    voice.press("2")
    refer = take_refer(caller, False)
    tally.check("menu: 2 transfers", refer and "sip:+4930111@example.org" in refer)
    tally.check("menu: a refused transfer is told", voice.hears("busy"))
    voice.press("0")
    tally.check("menu: 0 says goodbye and ends the call", voice.hears("bye") and caller.wait_bye())
    voice.end()
    caller, voice = talk_to(desk.lab)
    voice.press("2")
    take_refer(caller, True)
    tally.check("menu: a transfer that is taken ends the call", caller.wait_bye())
    voice.end()


def gate(desk):
    desk.install("gate", gate="incoming.d/50-gate", open_gate="/etc/offhookd/open-gate")
    write("/etc/offhookd/gate-pin", "4711\n", 0o640, "offhook")
    relay = serve(80)

    def opened():
        return [path for path in Web.asked if path.startswith("/relay")]
    caller, voice = talk_to(desk.lab, "+4930333")
    tally.check("gate: it asks for the PIN", voice.hears("pin"))
    voice.press("4712#")
    tally.check("gate: again after a wrong one", voice.hears("pin", 0.2) and not opened())
    voice.press("4711#")
    tally.check("gate: the right one opens, and says so", voice.hears("open") and
                opened() == ["/relay/0?turn=on&timer=1"], Web.asked)
    tally.check("gate: and hangs up", caller.wait_bye())
    voice.end()
    caller, voice = talk_to(desk.lab, "+4930334")
    for pin in ("1#", "#", "47110#"):
        voice.press(pin)
        time.sleep(0.3)
    tally.check("gate: three wrong ones end the call", voice.hears("wrong") and caller.wait_bye())
    tally.check("gate: which has opened nothing", len(opened()) == 1)
    voice.end()
    relay.shutdown()
    relay.server_close()


def conference(desk):
    desk.install("conference", incoming="incoming")
    one, first = talk_to(desk.lab, "+4930441")
    tally.check("conference: the first one waits", first.hears("wait"))
    two, second = talk_to(desk.lab, "+4930442")
    time.sleep(0.5)
    first.say(sine(HZ["voice"], 1.0))
    second.say(sine(HZ["other"], 1.0))
    tally.check("conference: they hear each other", first.hears("other", 0.7) and
                second.hears("voice", 0.7))
    two.bye()
    tally.check("conference: one hangs up, and both calls end", one.wait_bye())
    first.end()
    second.end()
    wait_for("no calls of it", lambda: not [row for row in desk.lab.ask("calls")["calls"]
                                            if row["from"].startswith("+493044")])
    tally.check("conference: nobody is waiting any more",
                not os.path.exists("/var/lib/offhookd/room"))


def alarm(desk, phones):
    desk.install("alarm", alarm="/usr/local/bin/alarm", confirm="/etc/offhookd/confirm")
    process = as_operator("/usr/local/bin/alarm", "alarm.wav")
    phones[0].wait_invite()
    phones[0].respond("486 Busy Here")
    phones[0].wait_request("ACK")
    tally.check("alarm: the second is rung when the first is busy", phones[1].wait_invite())
    phones[1].respond("200 OK", phones[1].sdp())
    phones[1].wait_request("ACK")
    voice = Voice(phones[1])
    tally.check("alarm: the message is heard", voice.hears("alarm"))
    voice.press("1")
    tally.check("alarm: 1 confirms, and ends the call", phones[1].wait_bye() and
                process.wait(10) == 0)
    voice.end()


def text(lab, user, words):
    caller = Caller(lab, user=user)
    caller.send("MESSAGE", words, kind="text/plain")
    status = caller.wait_status("MESSAGE")
    caller.close()
    return status


def mail_to_sms(number, words):
    process = as_operator("/usr/local/bin/mail-to-sms", stdin=subprocess.PIPE)
    process.stdin.write("From: you@example.org\nSubject: %s\nTo: sms@example.org\n\n%s"
                        % (number, words))
    process.stdin.close()
    return process


def sms(desk, phones):
    desk.install("sms", message="message", mail_to_sms="/usr/local/bin/mail-to-sms")
    tally.check("sms: a message is taken",
                text(desk.lab, "+4930555", "The train is late.\nSorry.\n") == 200)
    mail = wait_for("the mail", lambda: mails("SMS from +4930555"))[0]
    tally.check("sms: and becomes a mail", mail["To"] == "<you@example.org>" and
                body_of(mail) == "The train is late.\nSorry.\n", body_of(mail))
    process = mail_to_sms("+49 170 1111111", "Never mind.\nSubject: none\n")
    message = phones[0].wait_request("MESSAGE")
    tally.check("sms: a mail becomes a message", message and
                message.endswith("\r\n\r\nNever mind.\nSubject: none"), message)
    phones[0].answer(message)
    tally.check("sms: which is told as sent", process.wait(10) == 0)
    process = mail_to_sms("+49 170 1111111", "Later.\n")
    phones[0].answer(phones[0].wait_request("MESSAGE"), "503 Service Unavailable")
    tally.check("sms: a mail that cannot be sent now is left to the mail server",
                process.wait(10) == 75)
    tally.check("sms: one to a number that is not allowed comes back",
                mail_to_sms("+1900", "No.\n").wait(10) == 65)


def is_kept(words):
    """By the daemon, until its hook is done with it."""
    return subprocess.run(["grep", "-rqF", words, "/var/lib/offhookd/messages"],
                          check=False).returncode == 0


def delivery_after_a_kill(desk, message, cut, mail_server):
    """The mail server is away, a message is left, a text comes, and all is killed while another message
    is being left. When the server is back each arrives, once."""
    mail_server.stop()
    message.check_call()
    desk.install("sms", message="message")
    tally.check("sms: without a mail server a message is taken",
                text(desk.lab, "+4930556", "Remember me.\n") == 200)
    message.check_kept()
    wait_for("the text to be kept", lambda: is_kept("Remember me."))
    cut.check_call()
    run("systemctl", "kill", "--signal=KILL", "offhookd")
    desk.lab.wait_unit(seconds=30)
    tally.check("both are kept over a kill and a restart", not mails("SMS from +4930556") and
                not mails(message.subject()) and is_kept("Remember me."))
    server = MailServer()
    message.check_mail(30)
    cut.check_mail(30)
    mail = wait_for("the text as mail", lambda: mails("SMS from +4930556"), 30)[0]
    tally.check("sms: it comes when the mail server is back", body_of(mail) == "Remember me.\n")
    wait_for("the text to be kept no longer", lambda: not is_kept("Remember me."))
    desk.lab.start_unit()
    tally.check("a call", refused(desk.lab, "+4930557") == 410)
    subjects = [mail["Subject"] for mail in MailServer.mails]
    tally.check("each mail has come once", len(set(subjects)) == len(subjects) == 6, subjects)
    server.stop()


class Web(http.server.BaseHTTPRequestHandler):
    """A web server that keeps what it is told."""
    forms = []
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.forms.append({name: values[0] for name, values in
                           urllib.parse.parse_qs(body).items()})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words):
        pass


def serve(port):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def webhook(desk):
    server = serve(0)
    write("/etc/offhookd/webhook-url", "http://127.0.0.1:%d/phone\n" % server.server_port)
    desk.install("webhook", any="any")
    desk.install("echo", incoming="incoming")
    caller = Caller(desk.lab, user="+4930666", name="J\u00fcrgen & Co = 100%")
    caller.invite()
    caller.bye()

    def mine():
        return [form for form in Web.forms if form.get("FROM") == "+4930666"]
    wait_for("ended", lambda: "ended" in [form["EVENT"] for form in mine()], 8)
    events = [form["EVENT"] for form in mine()]
    tally.check("webhook: each event is posted, in order", events ==
                ["incoming", "answered", "ended"], events)
    end = next(form for form in mine() if form["EVENT"] == "ended")
    tally.check("webhook: with its variables", end["RESULT"] == "answered" and end["LINE"] == "home"
                and end["FROM_NAME"] == "J\u00fcrgen _ Co _ 100_", end)
    server.shutdown()


def homeassistant(desk):
    broker = subprocess.Popen(["mosquitto", "-p", "1883"], stderr=subprocess.DEVNULL)
    write("/etc/offhookd/mqtt-host", "broker.example\n")
    desk.install("homeassistant", any="any")
    tally.check("homeassistant: a call", refused(desk.lab, "+4930777") == 410)
    wanted = {"caller +4930777", "call idle", "result rejected"}

    def kept():
        """What somebody who asks the broker later is told."""
        out = subprocess.run(["mosquitto_sub", "-t", "offhook/home/#", "-W", "1", "-F", "%t %p"],
                             capture_output=True, text=True, check=False).stdout
        return {line.removeprefix("offhook/home/") for line in out.splitlines()}
    try:
        wait_for("it to be told", lambda: wanted <= kept(), 8)
    except AssertionError:
        pass
    tally.check("homeassistant: its states are with the broker", wanted <= kept(), kept())
    broker.kill()
    broker.wait()


def recorder(desk):
    desk.install("recorder", incoming="incoming", transcribe="/etc/offhookd/transcribe")
    script("/etc/offhookd/talk", "offhookctl play menu.wav; offhookctl ask --digits 1\n"
                                 "offhookctl play bye.wav\n")
    caller, voice = talk_to(desk.lab, "+4930888")
    voice.hears("menu")
    voice.say(sine(HZ["voice"], 1.0))
    time.sleep(1.5)
    voice.press("0")
    tally.check("recorder: the call ends", voice.hears("bye") and
                caller.wait_bye())
    voice.end()
    texts = wait_for("the text", lambda: [path for path in glob.glob(
        "/var/lib/offhookd/recordings/*.txt") if os.path.getsize(path)], 10)
    tally.check("recorder: what was said is text", open(texts[0]).read() == "somebody spoke\n")
    with wave.open(texts[0][:-4] + ".wav") as file:
        samples = array.array("h", file.readframes(1 << 20))
        rate = file.getframerate()
    for name in ("voice", "menu"):
        tally.check("recorder: both sides are in the file (%s)" % name,
                    has_tone(samples, HZ[name], rate, 0.4))


def has_tone(samples, hertz, rate, seconds):
    size, found = rate // 50, 0.0
    for start in range(0, len(samples) - size, size):
        part = samples[start:start + size]
        energy = sum(sample * sample for sample in part)
        angle = [2 * math.pi * hertz * i / rate for i in range(size)]
        real = sum(sample * math.cos(one) for sample, one in zip(part, angle))
        imaginary = sum(sample * math.sin(one) for sample, one in zip(part, angle))
        power = (real * real + imaginary * imaginary) * 2 / size
        found += 0.02 * (energy > size * 10000 and power > 0.5 * energy)
    return found >= seconds


def agent(desk):
    desk.install("agent", incoming="incoming", agent="/usr/local/bin/agent")
    caller, voice = talk_to(desk.lab, "+4930999")

    def speech():
        return sum(energy > 10000 for energy in voice.energy) / 50

    def wait_silence():
        last = len(voice.energy)
        wait_for("its end", lambda: len(voice.energy) > last + 50 and
                 max(voice.energy[-40:]) < 10000, 15)
    tally.comes("agent: it greets", lambda: speech() > 0.5, 12)
    wait_silence()
    voice.say(noise(1.0))
    before = speech()
    tally.comes("agent: it answers what was said", lambda: speech() - before > 0.5, 12)
    wait_silence()
    voice.say(noise(1.0))
    before = speech()
    wait_for("the answer to begin", lambda: speech() - before > 0.2, 12)
    voice.say(noise(2.0))
    time.sleep(1.0)
    place = len(voice.energy)
    time.sleep(0.6)
    tally.check("agent: it is silent when it is talked over", max(voice.energy[place:]) < 10000,
                max(voice.energy[place:]))
    caller.bye()
    voice.end()
    tally.comes("agent: it ends with the call", lambda: not own_processes("/usr/local/bin/agent"), 8)


def own_processes(path):
    """Who runs that file in the file system of this test; others may run the same test."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                is_it = path.encode() in file.read().split(b"\0")
            if is_it and os.readlink("/proc/%s/ns/mnt" % pid) == os.readlink("/proc/self/ns/mnt"):
                found.append(int(pid))
        except OSError:
            pass
    return found


def noise(seconds):
    chance = random.Random(9)
    return [chance.randint(-6000, 6000) for _ in range(int(8000 * seconds))]


def click_to_dial(desk, phones):
    desk.install("click-to-dial", click_to_dial="/usr/local/bin/click-to-dial")
    write("/etc/offhookd/desk", "+491701111111\n")
    process = as_operator("/usr/local/bin/click-to-dial", "tel:+49-170-222 22 22")
    voices = []
    for phone in phones:
        phone.wait_invite()
        phone.respond("180 Ringing")
        phone.respond("200 OK", phone.sdp())
        phone.wait_request("ACK")
        voices.append(Voice(phone))
    time.sleep(0.5)
    voices[0].say(sine(HZ["voice"], 1.0))
    voices[1].say(sine(HZ["other"], 1.0))
    tally.check("click-to-dial: both are rung and hear each other", voices[0].hears("other", 0.7)
                and voices[1].hears("voice", 0.7))
    phones[1].bye()
    tally.check("click-to-dial: one hangs up, and both calls end", phones[0].wait_bye() and
                process.wait(10) is not None)
    for voice in voices:
        voice.end()


def five_lines(desk):
    """The first hook of the README."""
    hook = next(text for text in printed_in_readme() if "open-gate" in text)
    write(os.path.join(desk.lab.hooks, "incoming"), hook, 0o755)
    desk.installed.append(os.path.join(desk.lab.hooks, "incoming"))
    script("/usr/local/bin/open-gate", "curl -s http://gate.example:8080/open\n")
    script("/usr/local/bin/machine", "exec cat\n")
    relay = serve(8080)
    tally.check("README: the gate opens for two numbers", refused(desk.lab, "+491701111111") == 603 and
                refused(desk.lab, "+491702222222") == 603 and Web.asked[-2:] == ["/open", "/open"])
    caller, voice = talk_to(desk.lab, "+4930100")
    voice.say(sine(HZ["voice"], 1.0))
    tally.check("README: everybody else hears the machine", voice.hears("voice", 0.7))
    caller.bye()
    voice.end()
    relay.shutdown()


def printed_in_readme():
    """Its hooks, as files."""
    with open(os.path.join(SRCDIR, "README")) as file:
        parts = file.read().split("\n    #!/bin/sh\n")[1:]
    return ["#!/bin/sh\n" + "".join(line[4:] + "\n" for line in part.split("\n\n")[0].splitlines())
            for part in parts]


# The contract with users prints these; they are what people copy.
PRINTED = {
    "blocklist/10-blocked": """#!/bin/sh
# blocklist: hooks/incoming.d/10-blocked
grep -qxF -- "$OFFHOOK_FROM" /etc/offhookd/blocked && echo reject 603
""",
    "menu/incoming": """#!/bin/sh
# menu
offhookctl answer || exit 0
for try in 1 2 3; do
  case $(offhookctl ask --digits 1 --timeout 8 menu.wav) in
    1) offhookctl play hours.wav ;;
    2) offhookctl transfer sip:+4930111@example.org && exit 0; offhookctl play busy.wav ;;
    0) offhookctl play bye.wav; exit 0 ;;
  esac
done
""",
    "alarm/alarm": """#!/bin/sh
# alarm: ring people until one confirms
for to in +491701111111 +491702222222; do
  offhookctl dial --ring 30 "$to" -- /etc/offhookd/confirm "$1" && exit 0
done
exit 1
""",
    "agent/incoming": """#!/bin/sh
# voice agent: any program that reads and writes PCM
offhookctl answer && exec offhookctl run --rate 24000 /usr/local/bin/agent
""",
}


def check_files():
    """What is shipped is what is printed and what is installed."""
    for path in sorted(glob.glob(os.path.join(EXAMPLES, "*", "*"))):
        name = os.path.relpath(path, EXAMPLES)
        with open(path) as file:
            first = file.readline()
        is_program = first.startswith("#!")
        tally.check("%s: programs are executable, and for nobody else to write" % name,
                    bool(os.stat(path).st_mode & stat.S_IXUSR) == is_program)
        if first.startswith("#!/bin/sh"):
            tally.check("%s: is right sh" % name, subprocess.run(
                ["sh", "-n", path], check=False).returncode == 0)


def check_printed():
    for name, text in PRINTED.items():
        with open(os.path.join(EXAMPLES, name)) as file:
            tally.check("%s: it is what the contract prints" % name.split("/")[0],
                        file.read() == text)
    for name in ("voicemail/90-voicemail", "voicemail/90-outbox"):
        with open(os.path.join(EXAMPLES, name)) as file:
            lines = [line for line in file if not line.startswith("# ")]
        tally.check("%s: it is what the README prints" % name, "".join(lines) in
                    ["".join(line + "\n" for line in text.splitlines() if not line.startswith("# "))
                     for text in printed_in_readme()])


def call_them(desk, examples):
    for example, needed in examples:
        try:
            example(desk, *needed)
        except Exception as error:
            tally.check("%s: runs to its end" % example.__name__, False, repr(error))
        desk.clear()


enter_booted_machine()
need("espeak-ng", "curl", "mail", "msmtp", "mosquitto", "mosquitto_pub")
with UnitLab() as lab:
    furnish()
    phones = [Callee(lab), Callee(lab)]
    lab.route("+491701111111", phones[0])
    lab.route("+491702222222", phones[1])
    lab.start_kamailio()
    lab.configure_unit(extra='incoming = "reject 410";\nhooks = { linger = 20; };\n'
                       'dial = { allow = ["+49*"]; max_calls = 4; per_hour = 100; };\n')
    lab.start_unit()
    desk, desk_of_mail = Desk(lab), Desk(lab)
    check_files()
    check_printed()
    for event in ("ended", "online"):
        desk_of_mail.install("voicemail", outbox=event + ".d/90-outbox")
    messages = [Message(desk, "+4930222"), Message(desk, "+4930223")]
    call_them(desk, ((blocklist, []), (allowlist, []), (echo, []), (five_lines, []), (menu, []),
                     (gate, []), (conference, []), (alarm, [phones])))
    for message in messages:
        message.check_call()
        message.check_kept()
    last, cut = Message(desk, "+4930224"), Message(desk, "+4930225", hangs_up=False)
    mail_server = MailServer()
    call_them(desk, ((webhook, []), (homeassistant, []), (recorder, []), (agent, []),
                     (click_to_dial, [phones])))
    for message in messages:
        message.check_mail(30)
    call_them(desk, ((sms, [phones]), (delivery_after_a_kill, [last, cut, mail_server])))
    tally.check("the unit stops cleanly", run("systemctl", "stop", "offhookd") and "success" in run(
        "systemctl", "show", "-p", "Result", "offhookd").stdout)
tally.end()
