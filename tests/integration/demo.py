# SPDX-License-Identifier: ISC
"""A real phone call on this machine: registrar, daemon, hook, caller, recording. Prints the ladder."""
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import wave

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, correlate, free_port, need, wait_for

SENTENCE = "Hello, this is Ada. Please call me back at four, the gate is open."
GREETING = "Nobody is at home. Please speak after the tone."
START = time.monotonic()

SIPP = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="a caller who speaks">
 <send retrans="500"><![CDATA[
INVITE sip:alice@lab.example SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
From: "Ada" <sip:+4930123456@caller.example>;tag=[call_number]
To: <sip:alice@lab.example>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:ada@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=ada 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
 ]]></send>
 <recv response="100" optional="true"/>
 <recv response="180" optional="true"/>
 <recv response="200" rrs="true"/>
 <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
[routes]
Max-Forwards: 70
From: "Ada" <sip:+4930123456@caller.example>;tag=[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

 ]]></send>
 <nop><action><exec rtp_stream="{speech},1,8,PCMA/8000"/></action></nop>
 <pause milliseconds="{talk}"/>
 <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
[routes]
Max-Forwards: 70
From: "Ada" <sip:+4930123456@caller.example>;tag=[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 2 BYE
Content-Length: 0

 ]]></send>
 <recv response="200"/>
</scenario>
"""

MACHINE = """#!/usr/bin/python3
# An answering machine in a few lines: greet, then record what is said until the caller hangs up.
import sys, threading
def greet():
    try:
        with open("{greeting}", "rb") as file:
            sys.stdout.buffer.write(file.read())
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        pass
threading.Thread(target=greet, daemon=True).start()
with open("{message}", "wb") as file:
    while data := sys.stdin.buffer.read(640):
        file.write(data)
"""


def say(text):
    print("%6.2f s  %s" % (time.monotonic() - START, text), flush=True)


def speak(text, path, rate):
    """Speech as raw samples."""
    subprocess.run("espeak-ng -s 150 --stdout %s | sox -t wav - -t raw -r %d -e signed -b 16 -c 1 %s"
                   % ("'%s'" % text, rate, path), shell=True, check=True, stderr=subprocess.DEVNULL)
    with open(path, "rb") as file:
        data = file.read()
    return [value[0] for value in struct.iter_unpack("<h", data[:len(data) // 2 * 2])]


def alaw(samples, path):
    subprocess.run(["sox", "-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", samples,
                    "-t", "raw", "-e", "a-law", "-b", "8", path], check=True)


def ladder(log):
    """The messages of the call and what the hook did, between the caller and the daemon."""
    rows = [("registered, TLS 1.3, SHA-256 digest", r"line is online"),
            ("--INVITE-->  a call from ****3456", r"call arrived"),
            ("             hook incoming runs", r"hook started"),
            ("<--200 OK--  the hook says: answer", r"hook decided .*answer"),
            ("--ACK----->  audio both ways", r"call answered"),
            ("--BYE----->  the caller hangs up", r"call ended")]
    is_whole = True
    for text, pattern in rows:
        found = re.search(pattern, log)
        is_whole = is_whole and bool(found)
        print("          %-44s %s" % (text, "" if found else "MISSING"))
    return is_whole


def main():
    need("kamailio", "certtool", "sipp", "espeak-ng", "sox")
    with Lab() as lab:
        say("a throw-away certificate authority, and Kamailio as registrar on 127.0.0.1:%d (TLS)" % lab.tls)
        lab.start_kamailio()
        lab.make_folder("state")
        speak(GREETING, lab.path("greeting.raw"), 16000)
        spoken = speak(SENTENCE, lab.path("sentence.raw"), 8000)
        alaw(lab.path("sentence.raw"), lab.path("sentence.alaw"))
        message = lab.path("message.raw")
        machine = lab.write("machine", MACHINE.format(greeting=lab.path("greeting.raw"),
                                                      message=message), 0o755)
        lab.hook("incoming", "echo ring\nsleep 0.5\necho answer %s" % machine)
        lab.start_daemon(rate=16000)
        status = lab.ask("status")
        say("offhookd: " + status["summary"])
        talk = len(spoken) * 1000 // 8000 + 800
        scenario = lab.write("caller.xml", SIPP.replace("{speech}", lab.path("sentence.alaw"))
                             .replace("{talk}", str(talk)))
        say("a caller (SIPp) rings and says: " + SENTENCE)
        caller = subprocess.run(
            ["sipp", "-sf", scenario, "-m", "1", "-i", "127.0.0.1", "-timeout", "40", "-nostdin",
             "-p", str(free_port(socket.SOCK_DGRAM)), "127.0.0.1:%d" % lab.udp],
            cwd=lab.folder, capture_output=True, text=True, check=False)
        say("the caller has hung up")
        wait_for("the call's end", lambda: lab.ask("status")["calls"] == 0, 5)
        time.sleep(0.3)
        is_whole = ladder(lab.log("offhookd"))
        lab_alive = lab.is_online()
        with open(message, "rb") as file:
            recorded = [value[0] for value in struct.iter_unpack("<h", file.read())]
        kept = os.path.join(tempfile.gettempdir(), "offhook-demo.wav")
        with wave.open(kept, "wb") as out:
            out.setparams((1, 2, 16000, 0, "NONE", ""))
            out.writeframes(struct.pack("<%dh" % len(recorded), *recorded))
        heard = recorded[::2]
        middle = spoken[len(spoken) // 3:len(spoken) // 3 + 8000]
        score, place = correlate(middle[::2], heard[::2], 2)
        if score < 0.9:
            score, place = correlate(middle, heard, 1)
        say("recorded %.1f s: %s" % (len(heard) / 8000, kept))
        say("compared with what was spoken: correlation %.3f" % score)
        say("the daemon is up and registered: %s" % ("yes" if lab_alive else "NO"))
        stopped = lab.stop_daemon()
        good = caller.returncode == 0 and is_whole and score > 0.8 and lab_alive and stopped == 0
        if caller.returncode:
            print(caller.stdout[-800:], caller.stderr[-800:])
        say("everything as it should be" if good else "SOMETHING IS MISSING")
        if not good:
            lab.show_logs()
        return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
