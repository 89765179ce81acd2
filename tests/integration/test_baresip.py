# SPDX-License-Identifier: ISC
"""A real telephone calls: baresip speaks, and hears itself; what it hears is compared with what it
said."""
import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tally, correlate, free_port, need, tone, wait_for
from peers import MODULES, Baresip, read_wave, write_wave

need("baresip")
tally = Tally()
with Lab() as lab:
    lab.hook("incoming", "echo ring; sleep 0.3; echo answer /bin/cat")
    lab.start_kamailio()
    # A telephone without TLS cannot send to a sips: Contact (RFC 3261 12.1.1, 26.2.2).
    lab.start_daemon(scheme="sip")
    folder = lab.make_folder("baresip")
    spoken = tone(4.0)
    write_wave(folder + "/spoken.wav", spoken)
    lab.write("baresip/config", Baresip.CONFIG.format(
        port=0, control=free_port(), modules=MODULES, folder=folder,
        spoken=folder + "/spoken.wav"))
    lab.write("baresip/accounts", '<sip:ada@127.0.0.1>;regint=0;audio_codecs=PCMA/8000/1,PCMU/8000/1;'
              'outbound="sip:127.0.0.1:%d;transport=udp"\n' % lab.udp)
    lab.write("baresip/contacts", "")
    process = lab.start("baresip", shutil.which("baresip"), "-f", folder, "-e",
                        "/dial sip:alice@%s" % lab.name, "-t", "6")
    wait_for("the call", lambda: (lab.ask("calls") or {}).get("calls"), 10)
    wait_for("the call to be up", lambda: [call for call in lab.ask("calls")["calls"]
                                           if call["state"] == "up"], 5)
    call = lab.ask("calls")["calls"][0]
    tally.check("baresip's call is up", call["codec"] in ("PCMA", "PCMU"), call)
    process.wait(20)
    tally.comes("the call has ended with baresip", lambda: lab.ask("status")["calls"] == 0)
    best = 0.0
    for path in glob.glob(folder + "/*.wav"):
        if not path.endswith("spoken.wav") and "enc" not in os.path.basename(path):
            heard = read_wave(path)
            part = spoken[8000:9600]
            score, _ = correlate(part, heard, 1) if heard else (0.0, 0)
            print("%s: %d samples, %.3f" % (os.path.basename(path), len(heard), score))
            best = max(best, score)
    tally.check("baresip hears what it has said", best > 0.95, "%.3f" % best)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
    if tally.failed:
        print(lab.log("baresip")[-3000:])
tally.end()
