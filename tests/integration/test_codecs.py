# SPDX-License-Identifier: ISC
"""Each codec with a telephone that others wrote: what it says comes back from /bin/cat, so that it is
encoded and decoded by both, each way."""
import array
import glob
import os
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Lab, Tally, correlate, free_port, need, tone, wait_for
from peers import MODULES, Baresip, Linphone, write_wave

need("baresip", "sox")
SPOKEN = tone(12.0)
# As baresip names it, what it must be like at the least (opus and G.722 keep no waveform), and the
# module.
CODECS = {"opus": ("opus/48000/2", 0.6, "opus"), "G722": ("G722/16000/1", 0.9, "g722"),
          "PCMA": ("PCMA/8000/1", 0.95, "g711"), "PCMU": ("PCMU/8000/1", 0.95, "g711"),
          "L16": ("L16/16000/1", 0.95, "l16")}
tally = Tally()


def built():
    """The codecs of this build."""
    text = subprocess.run([os.path.join(BUILDDIR, "offhookd"), "--version"], capture_output=True,
                          text=True, check=True).stdout
    return next(line for line in text.splitlines() if line.startswith("codecs:")).split()[1:]


def read_heard(path):
    """At 8 kHz, from a file whose header may not be finished yet."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return []
    if len(data) < 44:
        return []
    channels, rate = struct.unpack("<HI", data[22:28])
    if not rate:
        return []
    body = data[44:]
    samples = array.array("h", body[:len(body) // 2 * 2])
    return list(samples[::channels * rate // 8000])


def wait_for_echo(path, like):
    """The best likeness of a tenth of a second that was said to what is in the file."""
    best = [0.0]

    def is_heard():
        samples = read_heard(path())
        for place in (2400, 5600, 8800, 12000, 15200):
            if len(samples) > place + 8000:
                best.append(correlate(SPOKEN[place:place + 800], samples[place:place + 8000])[0])
        return max(best) > like
    try:
        wait_for("what it said", is_heard, 12)
    except AssertionError:
        pass
    return max(best)


def echo(lab, name, like):
    """(codec of the call, how like what baresip hears is to what it says)."""
    folder = lab.make_folder("baresip." + name)
    text, _, module = CODECS[name]
    _, rate, channels = text.split("/")
    write_wave(folder + "/narrow.wav", SPOKEN)
    subprocess.run(["sox", folder + "/narrow.wav", "-r", rate, "-c", channels, folder + "/spoken.wav"],
                   check=True)
    config = Baresip.CONFIG.replace("module g711.so", "module %s.so" % module)
    config = config.replace("_srate 8000", "_srate " + rate)
    lab.write("baresip.%s/config" % name, config.format(
        port=0, control=free_port(), modules=MODULES, folder=folder, spoken=folder + "/spoken.wav"))
    lab.write("baresip.%s/accounts" % name,
              '<sip:ada@127.0.0.1>;regint=0;audio_codecs=%s;outbound="sip:127.0.0.1:%d;transport=udp"\n'
              % (text, lab.udp))
    lab.write("baresip.%s/contacts" % name, "")
    process = lab.start("baresip." + name, shutil.which("baresip"), "-f", folder, "-e",
                        "/dial sip:alice@%s" % lab.name, "-t", "20")

    def up():
        return [call for call in (lab.ask("calls") or {}).get("calls", ()) if call["state"] == "up"]
    try:
        call = wait_for("the call to be up", up, 15)[0]
    except AssertionError:
        return lab.log("baresip." + name)[-1500:], 0.0
    dumps = folder + "/dump*dec.wav"
    likeness = wait_for_echo(lambda: max(glob.glob(dumps), default=""), like)
    lab.ask("hangup", call=call["call"])
    wait_for("the end of the call", lambda: lab.ask("status")["calls"] == 0)
    process.terminate()
    process.wait(10)
    return call["codec"], likeness


def test_baresip(lab, codecs):
    lab.start_daemon("-o", "audio.codecs=" + " ".join(CODECS), scheme="sip", rate=16000)
    for name in codecs:
        _, like, module = CODECS[name]
        if not os.path.exists(MODULES + "/%s.so" % module):
            print("     this baresip has no", name)
            continue
        codec, likeness = echo(lab, name, like)
        tally.check("baresip and %s: it hears what it has said" % name,
                    codec == name and likeness > like, "%s %.3f" % (codec, likeness))
        if tally.failed:
            print(lab.log("baresip." + name)[-1500:])
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)


def test_linphone(lab, codecs):
    """It has all its codecs; the daemon has one."""
    phone = Linphone(lab, SPOKEN)
    for name in codecs:
        like = CODECS[name][1]
        lab.start_daemon("-o", "audio.codecs=" + name, scheme="sip", rate=16000)
        phone.call("sip:alice@" + lab.name)
        try:
            call = wait_for("a call", lambda: lab.ask("calls")["calls"], 5)[0]
        except AssertionError:
            print("     linphonec offers no", name)
            lab.stop_daemon()
            continue
        path = "%s/heard-%d.wav" % (phone.folder, phone.takes)
        wait_for("what is heard", lambda: os.path.exists(path) and os.path.getsize(path) > 64000)
        time.sleep(3)  # that are compared
        phone.hang_up()
        wait_for("the end of the call", lambda: lab.ask("status")["calls"] == 0)
        likeness = wait_for_echo(lambda: path, like)  # its header is written last
        tally.check("linphonec and %s: it hears what it has said" % name,
                    call.get("codec", name) == name and likeness > like, "%.3f" % likeness)
        lab.stop_daemon()


with Lab() as lab:
    have = [name for name in CODECS if name in built()]
    lab.hook("incoming", "echo ring; sleep 0.2; echo answer /bin/cat")
    lab.start_kamailio()
    test_baresip(lab, have)
    if shutil.which("linphonec"):
        test_linphone(lab, have)
tally.end()
