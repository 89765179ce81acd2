# SPDX-License-Identifier: ISC
"""offhookctl trace: the ladder of a call, as text, JSON and a capture file; secrets are blanked."""
import json
import os
import re
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Caller, Lab, Tally

tally = Tally()


def datagrams(path):
    with open(path, "rb") as file:
        content = file.read()
    magic, _, _, _, _, _, link = struct.unpack("<IHHIIII", content[:24])
    assert (magic, link) == (0xa1b2c3d4, 101)
    at = 24
    while at < len(content):
        length = struct.unpack("<4I", content[at:at + 16])[2]
        packet = content[at + 16:at + 16 + length]
        assert packet[0] == 0x45 and packet[9] == 17
        assert struct.unpack("!H", packet[2:4])[0] == length
        words = sum(struct.unpack("!10H", packet[:20]))
        assert (words & 0xffff) + (words >> 16) in (0xffff, 0x1ffff - 0xffff)
        yield packet[12:16], packet[28:].decode()
        at += 16 + length


with Lab() as lab:
    lab.hook("incoming", "echo ring; sleep 0.2; echo answer /bin/cat; "
                         "echo $OFFHOOK_CALL > %s" % lab.path("id"))
    lab.start_kamailio()
    lab.start_daemon(linger=1)
    caller = Caller(lab, user="+4930777")
    final, _ = caller.invite()
    tally.check("a call is answered", final == 200)
    caller.bye()
    with open(lab.path("id"), encoding="ascii") as file:
        call = file.read().strip()
    code, out, _ = lab.ctl("trace", call)
    print(out)
    wanted = [r"──INVITE─+▶   .*PCM[AU].* rtp \d+$", r"◀─+100 Trying──", r"· incoming", r"· hook: ring",
              r"◀─+180 Ringing──", r"· hook: answer", r"◀─+200 OK──   PCM[AU].* rtp \d+$", r"──ACK─+▶",
              r"──BYE─+▶", r"◀─+200 OK──", r"· ended"]
    at = 0
    for pattern in wanted:
        found = re.compile(pattern, re.MULTILINE).search(out, at)
        tally.check("the ladder has %s" % pattern.strip("─+▶◀$\\ "), found)
        at = found.end() if found else at
    tally.check("its head names the line and the server",
                re.match(r'call %s  line "home"  TLS1\.\d 127\.0\.0\.1' % call, out), out[:80])
    tally.check("a ladder of one call has no REGISTER", "REGISTER" not in out)
    code, out, _ = lab.ctl("trace", "--raw")
    tally.check("all messages have the REGISTER", code == 0 and "REGISTER sips:" in out)
    tally.check("what proves the password is blanked",
                'response="****' in out and not re.search(r'response="[0-9a-f]', out))
    code, out, _ = lab.ctl("trace", call, "--json")
    entries = [json.loads(line) for line in out.splitlines()]
    tally.check("JSON lines tell kind, time and text",
                all(entry["v"] == 1 and entry["t"] and "text" in entry for entry in entries) and
                {entry["trace"] for entry in entries} == {"received", "sent", "hook"})
    code, _, _ = lab.ctl("trace", call, "--pcap", lab.path("call.pcap"))
    packets = list(datagrams(lab.path("call.pcap")))
    tally.check("the capture has the messages", code == 0 and
                sum(text.startswith("INVITE ") for _, text in packets) == 1, len(packets))
    tally.check("the INVITE comes from the server, the 200 from us",
                all(address == (b"\xc0\0\2\1" if text.startswith("INVITE ") else b"\xc0\0\2\2")
                    for address, text in packets if "CSeq: 1 INVITE" in text
                    and text.startswith(("INVITE ", "SIP/2.0 200"))))
    tally.check("4 when the capture cannot be written",
                lab.ctl("trace", "--pcap", lab.path("none/call.pcap"))[0] == 4)
    writer = Caller(lab, user="+4930778")
    writer.send("MESSAGE", b"before\0behind", kind="text/plain")
    tally.check("a text with a NUL is taken", writer.wait_status("MESSAGE") == 200)
    code, out, err = lab.ctl("trace", "--raw")
    tally.check("and hides nothing", code == 0 and "before" in out and not err, (code, err))
    tally.check("1 for a call that is not in memory", lab.ctl("trace", "zzzz")[0] == 1)
tally.end()
