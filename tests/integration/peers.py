# SPDX-License-Identifier: ISC
"""Telephones that others wrote, each behind the same few verbs: baresip, linphonec, SIPp.

A telephone has a `user` that Kamailio's configuration of the laboratory routes to its UDP port. Each
is a child of the laboratory and ends with it.
"""
import array
import glob
import json
import os
import queue
import re
import shutil
import socket
import subprocess
import threading
import wave

from lab import free_port, wait_for

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
MODULES = next((path for path in ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules")
                if os.path.isdir(path)), "/usr/lib/baresip/modules")


def write_wave(path, samples):
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(array.array("h", samples).tobytes())


def read_raw(path, skip=0):
    with open(path, "rb") as file:
        data = file.read()[skip:]
    samples = array.array("h")
    samples.frombytes(data[:len(data) // 2 * 2])
    return list(samples)


def read_wave(path):
    """The samples of a file whose header, of 44 bytes, may not be finished yet."""
    return read_raw(path, 44)


def write_raw(path, samples):
    with open(path, "wb") as file:
        file.write(array.array("h", samples).tobytes())


def is_bound(port):
    """Somebody has that UDP port."""
    with open("/proc/net/udp") as file:
        return any(line.split()[1].endswith(":%04X" % port) for line in file.readlines()[1:])


def start_piped(lab, name, *words, env=None):
    """A child of the laboratory whose standard input we write."""
    with open(lab.path(name + ".log"), "ab") as log:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True,
                                   env=env)
    lab.processes.append(process)
    return process


def stop(lab, process):
    if process in lab.processes:
        lab.processes.remove(process)
    if process.poll() is None:
        process.kill()
        process.wait()


class Baresip:
    """Debian's baresip 1.0.0: UDP, commands and events over its ctrl_tcp module."""
    CONFIG = """
sip_listen 127.0.0.1:{port}
audio_player aubridge,nowhere
audio_source aufile,{spoken}
audio_alert aubridge,nowhere
ausrc_srate 8000
auplay_srate 8000
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
audio_buffer 20-160
jitter_buffer_type fixed
net_interface 127.0.0.1
"""
    name = "baresip"

    def __init__(self, lab, spoken, encryption=""):
        """`encryption`: a kind of its module srtp; srtp offers it, srtp-mand insists on it."""
        self.lab, self.spoken = lab, spoken
        self.port = free_port(socket.SOCK_DGRAM)
        self.user = "phone-%d" % self.port
        control = free_port()
        folder = "baresip-%d" % self.port
        self.folder = lab.make_folder(folder)
        write_wave(self.folder + "/spoken.wav", spoken)
        lab.write(folder + "/config", self.CONFIG.format(
            port=self.port, spoken=self.folder + "/spoken.wav", modules=MODULES, control=control,
            folder=self.folder) + ("module srtp.so\n" if encryption else ""))
        lab.write(folder + "/accounts", "<sip:%s@127.0.0.1>;regint=0;audio_codecs=PCMA/8000/1,PCMU/8000/1;"
                  'outbound="sip:127.0.0.1:%d;transport=udp"%s\n'
                  % (self.user, lab.udp, ";mediaenc=" + encryption if encryption else ""))
        lab.write(folder + "/contacts", "")
        self.process = lab.start("baresip", shutil.which("baresip"), "-f", self.folder)
        self.events = queue.Queue()
        self.socket = wait_for("baresip", lambda: self.connect(control))
        threading.Thread(target=self.read, daemon=True).start()

    @staticmethod
    def connect(port):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            return None

    def read(self):
        """Netstrings of JSON: answers to commands, and events."""
        data = b""
        while True:
            try:
                part = self.socket.recv(65536)
            except OSError:
                return
            if not part:
                return
            data += part
            while b":" in data:
                length, rest = data.split(b":", 1)
                if len(rest) < int(length) + 1:
                    break
                message = json.loads(rest[:int(length)])
                data = rest[int(length) + 1:]
                if message.get("event"):
                    self.events.put(message)

    def command(self, command, params=""):
        text = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        self.socket.sendall(b"%d:%s," % (len(text), text))

    def saw(self, *types, seconds=15):
        """The next event of one of these types, or None; what came before it is dropped."""
        try:
            while True:
                event = self.events.get(timeout=seconds)
                if event.get("type") in types:
                    return event
        except queue.Empty:
            return None

    def forget(self):
        while not self.events.empty():
            self.events.get()
        for path in glob.glob(self.folder + "/dump*"):
            os.unlink(path)

    def call(self, uri):
        self.forget()
        self.command("dial", uri)

    def answer(self):
        self.command("accept")

    def refuse(self):
        self.command("hangup")

    hang_up = refuse

    def hold(self):
        self.command("hold")

    def resume(self):
        self.command("resume")

    def press(self, digits):
        self.command("sndcode", digits)

    def rings(self):
        return self.saw("CALL_INCOMING")

    def is_up(self):
        return self.saw("CALL_ESTABLISHED")

    def is_over(self):
        return self.saw("CALL_CLOSED")

    def was_refused(self, status, _text):
        closed = self.saw("CALL_CLOSED")
        return closed and str(status) in closed.get("param", "")

    def is_held(self):
        """It has no event for it; that it falls silent tells."""
        return self.saw("CALL_REMOTE_SDP")

    is_taken_back = is_held

    def heard_digits(self, digits):
        for digit in digits:
            event = self.saw("CALL_DTMF_START")
            if not event or event.get("param") != digit:
                return False
        return True

    def last_words(self):
        return "\n".join(line for line in self.lab.log(self.name).splitlines()
                         if line and "bit/s" not in line)[-1500:]

    def heard(self):
        paths = [path for path in glob.glob(self.folder + "/dump*.wav") if "dec" in path]
        return read_wave(max(paths, key=os.path.getmtime)) if paths else []


class Linphone:
    """linphonec 5.1, commands on its standard input, wave files instead of a sound card."""
    CONFIG = """[sip]
sip_port={port}
sip_tcp_port=0
sip_tls_port=0
guess_hostname=0
contact=sip:{user}@127.0.0.1:{port}
bind_address=127.0.0.1
use_ipv6=0
default_proxy=0
{options}
[proxy_0]
reg_proxy=<sip:127.0.0.1:{proxy};transport=udp>
reg_route=<sip:127.0.0.1:{proxy};transport=udp>
reg_identity=sip:{user}@127.0.0.1
reg_sendregister=0
[rtp]
audio_rtp_port={rtp}
bind_address=127.0.0.1
[sound]
echocancellation=0
[misc]
real_early_media=0
[net]
nat_address=127.0.0.1
firewall_policy=1
"""
    count = 0

    def __init__(self, lab, spoken, name="linphonec", **options):
        Linphone.count += 1
        options.setdefault("media_encryption", "none")
        self.lab, self.name = lab, name
        self.port = free_port(socket.SOCK_DGRAM)
        self.user = "phone-%d" % self.port
        folder = lab.make_folder("%s-%d" % (name, Linphone.count))
        self.folder = folder
        self.trace = os.path.join(folder, "trace")
        self.place = 0
        self.takes = 0
        # Without a place for its database the core never starts.
        os.makedirs(folder + "/.local/share/linphone")
        write_wave(folder + "/spoken.wav", spoken)
        with open(folder + "/rc", "w") as file:
            file.write(self.CONFIG.format(
                port=self.port, proxy=lab.udp, user=self.user, rtp=free_port(socket.SOCK_DGRAM),
                options="\n".join("%s=%s" % option for option in options.items())))
        self.process = start_piped(lab, name, shutil.which("linphonec"), "-S", "-d", "6", "-l",
                                   self.trace, "-c", folder + "/rc",
                                   env={"HOME": folder, "PATH": os.environ["PATH"]})
        # Before its core is on it answers 503.
        wait_for("linphonec's core", lambda: "Media network reachability state is now [UP]" in
                 self.text())
        self.command("soundcard use files")
        self.command("play " + folder + "/spoken.wav")

    def command(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def text(self):
        try:
            with open(self.trace, errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def saw(self, pattern, seconds=15):
        """The next place of the pattern in its trace, or None."""
        def look():
            found = re.compile(pattern).search(self.text(), self.place)
            if found:
                self.place = found.end()
            return found
        try:
            return wait_for(pattern, look, seconds)
        except AssertionError:
            return None

    def saw_state(self, state):
        return self.saw(r"moving from state \S+ to (?:LinphoneCall\S*::)?(?:LinphoneCall)?%s\b" % state)

    def forget(self):
        self.place = len(self.text())
        self.takes += 1
        self.command("record %s/heard-%d.wav" % (self.folder, self.takes))

    def call(self, uri):
        self.forget()
        self.command("call " + uri)

    def answer(self):
        self.command("answer")

    def refuse(self):
        self.command("terminate")

    hang_up = refuse

    def hold(self):
        self.command("pause")

    def resume(self):
        self.command("resume " + re.findall(r"assigned id (\d+)", self.lab.log(self.name))[-1])

    def press(self, digits):
        self.command(digits)

    def rings(self):
        return self.saw_state("IncomingReceived")

    def is_up(self):
        return self.saw_state("StreamsRunning")

    def is_over(self):
        return self.saw_state("Released")

    def was_refused(self, status, _text):
        return self.saw(r"SIP/2\.0 %d " % status) and self.is_over()

    def is_held(self):
        return self.saw_state("PausedByRemote")

    is_taken_back = is_up

    def heard_digits(self, digits):
        return all(self.saw(r"(?i)Receiv\w+ (?:tone|dtmf) (?:event )?%s" % re.escape(digit))
                   for digit in digits)

    def saw_before(self, pattern):
        """Whether its trace has it anywhere."""
        return re.search(pattern, self.text())

    def last_words(self):
        return self.lab.log(self.name)[-800:]

    def heard(self):
        path = "%s/heard-%d.wav" % (self.folder, self.takes)
        return read_wave(path) if os.path.exists(path) else []


class Sipp:
    """SIPp 3.6.1 over UDP; what it does is in the scenarios of the folder sipp/."""
    name = "SIPp"
    caller = "sipp"

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.make_folder("sipp")
        self.process = self.scenario = self.user = None

    def start(self, scenario):
        """Sends its own media back to where it comes from."""
        port = free_port(socket.SOCK_DGRAM)
        self.user = "phone-%d" % port
        self.scenario = scenario
        trace = os.path.join(self.folder, scenario)
        self.process = self.lab.start(
            "sipp-" + scenario, shutil.which("sipp"), "127.0.0.1:%d" % self.lab.udp, "-sf",
            os.path.join(SCENARIOS, scenario + ".xml"), "-s", "alice", "-m", "1", "-i", "127.0.0.1",
            "-p", str(port), "-mp", str(free_port(socket.SOCK_DGRAM)), "-rtp_echo", "-nostdin",
            "-recv_timeout", "15000", "-trace_msg", "-message_file", trace + ".messages",
            "-trace_err", "-error_file", trace + ".errors", "-key", "domain", self.lab.name)
        if scenario.startswith("called"):
            wait_for("SIPp's port", lambda: is_bound(port))

    def is_done(self, seconds=20):
        try:
            return self.process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            stop(self.lab, self.process)

    def play(self, scenario):
        self.start(scenario)
        return self.is_done()

    def last_words(self):
        """The end of its last conversation."""
        text = ""
        for path in glob.glob(os.path.join(self.folder, self.scenario or "") + ".*"):
            with open(path, errors="replace") as file:
                text += file.read()[-4000:]
        return text
