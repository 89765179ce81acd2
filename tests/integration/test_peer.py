# SPDX-License-Identifier: ISC
"""A TLS registrar of our own, for what real peers cannot be made to do: odd framing, torture messages,
wrong certificates, odd answers."""
import os
import re
import socket
import ssl
import sys
import threading
import time
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import CERTIFICATE, SRCDIR, Lab, Tally, run, wait_for
from registrar import OpensslServer

tally = Tally()
warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.1 is asked for on purpose


class Peer:
    """Accepts one connection after the other, answers REGISTER by a script, keeps what else comes."""

    def __init__(self, lab, key="server.key", certificate="server.pem", version=None):
        self.lab = lab
        self.version = version
        self.names = []
        self.show(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", lab.tls))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)  # for check_late_reader
        self.answers = []
        self.registers = []
        self.messages = []
        self.others = b""
        self.connections = 0
        self.sip_bytes = 0
        self.stream = None
        self.is_closed = False
        self.is_reading = threading.Event()
        self.is_reading.set()
        threading.Thread(target=self.serve, daemon=True).start()

    def show(self, certificate, key="server.key"):
        """From the next connection on, as a server that was started again with it: sessions of before
        are forgotten."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.lab.path(certificate), self.lab.path(key))
        if self.version:
            self.context.set_ciphers("DEFAULT@SECLEVEL=0")
            self.context.maximum_version = self.version
            self.context.minimum_version = self.version
        self.context.sni_callback = self.on_name

    def on_name(self, stream, name, context):
        self.names.append(name)

    def serve(self):
        while not self.is_closed:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            try:
                stream = self.context.wrap_socket(plain, server_side=True)
            except (ssl.SSLError, OSError):
                plain.close()
                continue
            self.connections += 1
            self.stream = stream
            self.read(stream)

    def read(self, stream):
        data = b""
        while True:
            self.is_reading.wait()
            try:
                part = stream.recv(65536)
            except (ssl.SSLError, OSError):
                part = b""
            if not part:
                self.stream = None
                stream.close()
                return
            self.sip_bytes += len(part)
            data += part
            while data:
                if data.startswith(b"\r\n"):
                    self.others += b"\r\n"
                    data = data[2:]
                    continue
                end = data.find(b"\r\n\r\n")
                if end < 0:
                    break
                length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", data[:end + 4]).group(1))
                if len(data) < end + 4 + length:
                    break
                self.take(data[:end + 4 + length])
                data = data[end + 4 + length:]

    def take(self, message):
        text = message.decode("utf-8", "replace")
        if not text.startswith("REGISTER "):
            self.messages.append(text)
            return
        self.registers.append(text)
        script = self.answers.pop(0) if self.answers else "200 OK"
        if script is None:
            return
        status, *extra = script.split("|")
        lines = ["SIP/2.0 " + status]
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            lines.append("%s: %s" % (name, re.search(r"(?m)^%s: (.*)\r$" % name, text).group(1)))
        if status.startswith("200"):
            lines.append("Contact: " + re.search(r"(?m)^Contact: (.*)\r$", text).group(1))
        self.send("\r\n".join(lines + extra + ["Content-Length: 0", "", ""]).encode())

    def send(self, data):
        if self.stream:
            self.stream.sendall(data)

    def close(self):
        self.is_closed = True
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self.listener.close()
        if self.stream:
            try:
                self.stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def request(method, branch, body="", extra="", length=None, uri="sip:alice@127.0.0.1"):
    return ("%s %s SIP/2.0\r\nVia: SIP/2.0/TLS peer.example;branch=z9hG4bK%s\r\n"
            "From: <sip:peer@example.com>;tag=p\r\nTo: <sip:alice@example.com>\r\nCall-ID: %s@peer\r\n"
            "CSeq: 1 %s\r\nMax-Forwards: 70\r\nContact: <sip:peer@127.0.0.1>\r\n%s"
            "Content-Length: %s\r\n\r\n%s" % (method, uri, branch, branch, method, extra,
                                              len(body) if length is None else length, body)).encode()


def answered(peer, branch, seconds=5):
    def check():
        return [text for text in peer.messages if "z9hG4bK" + branch in text and
                text.startswith("SIP/2.0") and not text.startswith("SIP/2.0 100")]
    try:
        return wait_for("an answer to " + branch, check, seconds)[0]
    except AssertionError:
        return ""


def check_registration(lab, peer):
    text = peer.registers[0]
    tally.check("Request-URI is the domain alone", text.startswith("REGISTER sips:lab.example SIP/2.0"))
    tally.check("SNI is the configured name", peer.names[:1] == ["lab.example"], peer.names)
    tally.check("no credentials are sent unasked", "Authorization" not in text)
    tally.check("Contact has the user and the TLS transport",
                re.search(r"Contact: <sips:alice@127.0.0.1:\d+;transport=tls", text))


def check_framing(lab, peer):
    for byte in request("OPTIONS", "bytes"):
        peer.send(bytes([byte]))
    tally.check("a message in records of one byte is answered", "200 OK" in answered(peer, "bytes", 10))
    peer.send(b"".join(request("OPTIONS", "many%d" % i) for i in range(20)))
    tally.check("20 messages in one record are all answered",
                all(answered(peer, "many%d" % i) for i in range(20)))
    peer.others = b""
    peer.send(b"\r\n\r\n")
    wait_for("a pong", lambda: peer.others, 5)
    tally.check("a ping gets one pong", peer.others == b"\r\n", peer.others)
    check_sizes(lab, peer)
    for index, length in enumerate(BAD_LENGTHS):
        before = peer.connections
        peer.send(request("OPTIONS", "length%d" % index, length=length))
        wait_for("the close after " + repr(length), lambda: peer.connections > before, 10)
        tally.check("a bad Content-Length is answered before the connection closes: %r" % length,
                    answered(peer, "length%d" % index, 1)[8:11] == ("513" if length[0:1] in ("4", "1") else "400"))
        lab.wait_online(5)
    # What a stranger sent is no failed flow: connected anew at once, or within 3 s; no wait grows.
    tally.check("a bad Content-Length closes the connection, and another one comes at once",
                lab.ask("status")["connects"] == 1 + len(BAD_LENGTHS), lab.ask("status"))


BAD_LENGTHS = ("-1", "+5", "0x10", "4294967296", "18446744073709551616", "5 5", "", "abc")


def check_sizes(lab, peer):
    """What can be framed costs nobody but its sender."""
    before = peer.connections
    for index, (extra, length, status) in enumerate((
            ("", "0" * 11, "200"), ("", "0" * 300, "200"),
            ("Subject: %s\r\n" % ("x" * 9000), None, "200"),
            ("Subject: %s\r\n" % ("x" * 40000), None, "513"),
            ("X-Y: z\r\n" * 1000, None, "513"),
            ("X-Long: %s\r\n" % ("y" * 900) * 70, None, "513"),
            ("X-Long: %s\r\n" % ("y" * 900) * 250, None, "513"))):
        peer.send(request("OPTIONS", "size%d" % index, extra=extra, length=length))
        text = answered(peer, "size%d" % index)
        tally.check("odd size %d is answered %s" % (index, status),
                    text.startswith("SIP/2.0 " + status), text[:12])
    body = "y" * 100000
    peer.send(request("MESSAGE", "body", body, "Content-Type: text/plain\r\n"))
    tally.check("a body of 100 kB is answered 513", answered(peer, "body").startswith("SIP/2.0 513"))
    tally.check("and the connection stays", peer.connections == before)


def check_requests(lab, peer):
    for number, uri in enumerate(("sip:+493012345@lab.example", "sip:alice@lab.example", "sip:127.0.0.1",
                                  "tel:+493012345", "sips:who@192.0.2.1:9;transport=tls")):
        peer.send(request("INVITE", "uri%d" % number, uri=uri))
        text = answered(peer, "uri%d" % number)
        tally.check("an INVITE for %s is taken" % uri, text.startswith("SIP/2.0 480"), text[:11])
    extra = "".join("X-Identity-%d: %s\r\n" % (i, "x" * 2200) for i in range(4)) + "X-Small: y\r\n" * 20
    peer.send(request("INVITE", "large", extra=extra))
    tally.check("an INVITE with 9 KiB of headers is taken",
                len(extra) >= 9000 and answered(peer, "large").startswith("SIP/2.0 480"))
    for formats, status in (("0", 480), ("18", 488)):
        description = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                       "m=audio 6000 RTP/AVP %s\r\n" % formats)
        body = ("--b\r\nContent-Type: application/pidf+xml\r\nContent-Disposition: render;handling=optional"
                "\r\n\r\n<x/>\r\n--b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b--\r\n" % description)
        peer.send(request("INVITE", "parts%d" % status, body,
                          "Content-Type: multipart/mixed;boundary=b\r\n"))
        text = answered(peer, "parts%d" % status)
        tally.check("the description in a body of parts is looked at: %d" % status,
                    text.startswith("SIP/2.0 %d" % status), text[:11])


def check_late_reader(peer):
    """P13c: nothing is read while many answers are due; none is lost, and their order is kept."""
    count = 200
    first = len(peer.messages)
    peer.is_reading.clear()
    for i in range(count):
        peer.send(request("OPTIONS", "late%03d" % i))
    time.sleep(0.5)
    peer.is_reading.set()
    answered(peer, "late%03d" % (count - 1), 10)
    order = [re.search(r"z9hG4bKlate(\d+)", text) for text in peer.messages[first:]]
    order = [int(match.group(1)) for match in order if match]
    tally.check("a peer that reads late gets every answer in order", order == list(range(count)),
                len(order))


def reaction(peer, name, data):
    """The statuses that come back, then "close" when the connection does not outlive the message, or
    "waits" when what follows is taken for a part of it."""
    first = len(peer.messages)
    before = peer.connections
    probe = "after" + name.replace(".", "")
    # baddn ends without the empty line.
    peer.send(data if b"\r\n\r\n" in data else data + b"\r\n")
    try:
        peer.send(request("OPTIONS", probe))
    except OSError:
        pass
    is_answered = bool(answered(peer, probe, 0.7))
    statuses = [text[8:11] for text in peer.messages[first:]
                if text.startswith("SIP/2.0") and "z9hG4bK" + probe not in text]
    if not peer.stream or peer.connections != before:
        statuses.append("close")
    elif not is_answered:
        statuses.append("waits")
    return ",".join(statuses or ["nothing"])


def lacks_its_header(peer, first):
    """What a refusal must tell: its status, when it does not."""
    wanted = {"405": "Allow", "415": "Accept", "420": "Unsupported"}
    return [text[8:11] for text in peer.messages[first:] if text.startswith("SIP/2.0") and
            text[8:11] in wanted and "\r\n%s: " % wanted[text[8:11]] not in text]


def check_torture(lab, peer, name):
    folder = os.path.join(SRCDIR, "tests", "data", name)
    calls = set()
    with open(os.path.join(folder, "expected"), encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    for row in rows:
        with open(os.path.join(folder, row[0]), "rb") as file:
            data = file.read()
        call = re.search(rb"(?im)^(?:call-id|i)[ \t]*:\s*(\S+)", data)
        if call and call.group(1) in calls:  # the same request by another way would be merged
            restart(lab, peer)
            lab.wait_online(20)
        calls.add(call and call.group(1))
        pid = lab.daemon.pid
        first = len(peer.messages)
        came = reaction(peer, row[0], data)
        is_up = lab.daemon.poll() is None and lab.daemon.pid == pid and lab.ask("status") is not None
        tally.check("%s over the wire: %s" % (row[0], row[3]), is_up and came == row[3] and
                    not lacks_its_header(peer, first), "" if came == row[3] else came)
        if not is_up or came.endswith(("close", "waits")):
            restart(lab, peer)
            lab.wait_online(20)


def restart(lab, peer, *answers, **options):
    peer.answers = []
    if lab.daemon:
        lab.stop_daemon()
    peer.answers = list(answers)
    peer.registers.clear()
    lab.start_daemon(wait=False, **options)


def summary(lab):
    return (lab.ask("status") or {}).get("summary", "")


def check_answers(lab, peer):
    challenge = '|WWW-Authenticate: Digest realm="x", nonce="n%d", algorithm=%s, qop="auth"'
    restart(lab, peer, "401 Unauthorized" + challenge % (1, "SHA-512-256"))
    lab.wait_online()
    tally.check("SHA-512-256 is answered", "algorithm=SHA-512-256" in peer.registers[1])
    restart(lab, peer, "407 Proxy" + (challenge % (1, "SHA-256")).replace("WWW", "Proxy"))
    lab.wait_online()
    tally.check("407 is answered with Proxy-Authorization", "Proxy-Authorization: " in peer.registers[1])
    restart(lab, peer, "401 Unauthorized" + challenge % (1, "MD5"))
    wait_for("the refusal", lambda: "MD5" in summary(lab), 5)
    time.sleep(1)
    tally.check("MD5 alone is refused, and status says what to do", "allow_md5" in summary(lab) and
                len(peer.registers) == 1, summary(lab))
    restart(lab, peer, "423 Too Brief|Min-Expires: 1800")
    lab.wait_online()
    tally.check("423 is obeyed at once", "Expires: 1800" in peer.registers[1])
    restart(lab, peer, "503 Busy|Retry-After: 2")
    start = time.monotonic()
    lab.wait_online(20)
    waited = time.monotonic() - start
    tally.check("Retry-After: 2 is waited for", waited >= 2, "%.1f s" % waited)
    restart(lab, peer, "403 Forbidden", "403 Forbidden")
    wait_for("the refusal", lambda: "forbids" in summary(lab), 5)
    time.sleep(3)
    tally.check("403 is not tried again at once", len(peer.registers) == 1, summary(lab))
    restart(lab, peer, *["401 Unauthorized" + challenge % (i, "SHA-256") for i in range(9)])
    wait_for("the refusal", lambda: "password" in summary(lab), 5)
    time.sleep(1)
    tally.check("a password refused is not tried over and over", len(peer.registers) == 2,
                (len(peer.registers), summary(lab)))


def check_key_update(lab):
    """P13a"""
    server = OpensslServer(lab, lab.path("server.key"), lab.path("server.pem"))
    lab.start_daemon(wait=False)
    server.register()
    for letter in (b"k\n", b"K\n"):
        server.write(letter)
        server.write(b"\r\n" + request("OPTIONS", "key" + letter.decode().strip()))
    wait_for("two answers", lambda: server.seen.count(b"SIP/2.0 200 OK") == 2, 5)
    tally.check("a key update leaves the connection up", lab.ask("status")["connects"] == 1 and
                server.seen.count(b"SSL_do_handshake -> 1") == 2)
    lab.stop_daemon()
    server.stop()


def make_certificate(lab, name, signer="ca", **options):
    template = lab.write(name + ".tmpl", CERTIFICATE.format(
        name=options.get("host", lab.name), serial=9, days=options.get("days", 30),
        usage="tls_www_server\nsigning_key\n" + options.get("extra", "")))
    words = ["certtool", "--load-privkey", lab.path("server.key"), "--template", template, "--no-text",
             "--outfile", lab.path(name + ".pem")]
    if signer:
        words += ["--generate-certificate", "--load-ca-certificate", lab.path("ca.pem"),
                  "--load-ca-privkey", lab.path("ca.key")]
    else:
        words += ["--generate-self-signed"]
    run(*words)
    return name + ".pem"


def check_changed_certificate(lab):
    peer = Peer(lab)
    lab.start_daemon()
    peer.show("wrong.pem")
    registered = len(peer.registers)
    peer.stream.shutdown(socket.SHUT_RDWR)
    try:
        wait_for("the refusal", lambda: "not for \"lab.example\"" in summary(lab), 10)
    except AssertionError:
        pass
    tally.check("a certificate that has changed is looked at again",
                "not for \"lab.example\"" in summary(lab) and len(peer.registers) == registered,
                summary(lab))
    lab.stop_daemon()
    peer.close()
    time.sleep(0.2)


def check_certificates(lab):
    rows = [
        ("wrong", dict(host="other.example"), "not for \"lab.example\""),
        ("selfsigned", dict(signer=None), "not trusted"),
        ("expired", dict(extra="activation_date=\"2020-01-01 00:00:00\"\n"
                               "expiration_date=\"2020-02-01 00:00:00\""), "expired"),
        ("future", dict(extra="activation_date=\"2040-01-01 00:00:00\"\n"
                              "expiration_date=\"2041-01-01 00:00:00\""), "not valid yet"),
        ("wildcard", dict(host="*.example"), "not for \"lab.example\""),
    ]
    for name, options, complaint in rows:
        peer = Peer(lab, certificate=make_certificate(lab, name, **options))
        lab.start_daemon(wait=False)
        try:
            wait_for(complaint, lambda: complaint in summary(lab), 5)
        except AssertionError:
            pass
        tally.check("certificate %s is refused, no byte of SIP is sent" % name,
                    complaint in summary(lab) and peer.sip_bytes == 0, summary(lab))
        lab.stop_daemon()
        peer.close()
    for name, host, options in (("one-label", "*.example", ["-o", "tls.wildcard=true"]),
                                ("plain", "lab.example", [])):
        peer = Peer(lab, certificate=make_certificate(lab, name, host=host))
        lab.start_daemon(*options, wait=False)
        tally.comes("certificate %s is taken%s" % (name, " with tls.wildcard" if options else ""),
                    lab.is_online, 15)
        lab.stop_daemon()
        peer.close()
    check_changed_certificate(lab)
    peer = Peer(lab, version=ssl.TLSVersion.TLSv1_1)
    lab.start_daemon(wait=False)
    wait_for("a failed handshake", lambda: "no connection" in summary(lab), 5)
    tally.check("TLS 1.1 is refused", not peer.connections, summary(lab))
    lab.stop_daemon()
    peer.close()
    peer = Peer(lab, version=ssl.TLSVersion.TLSv1_2)
    lab.start_daemon()
    tally.check("TLS 1.2 is spoken", lab.ask("status")["protocol"] == "TLS1.2")
    lab.stop_daemon()
    peer.close()


with Lab() as lab:
    peer = Peer(lab)
    lab.start_daemon()
    check_registration(lab, peer)
    check_framing(lab, peer)
    check_requests(lab, peer)
    check_late_reader(peer)
    check_torture(lab, peer, "rfc4475")
    check_torture(lab, peer, "rfc5118")
    check_answers(lab, peer)
    lab.stop_daemon()
    peer.close()
    time.sleep(0.2)
    check_key_update(lab)
    check_certificates(lab)
tally.end()
