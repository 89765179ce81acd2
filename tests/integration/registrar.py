# SPDX-License-Identifier: ISC
"""A registrar of a few lines over TLS that keeps a record of everything it is told: REGISTERs, their
credentials, keep-alives, connections and the certificates of clients. It does as it is told, too:
which challenge, which certificate, and how it fails. What well-behaved registrars can do is tested
with Kamailio."""
import hashlib
import re
import socket
import ssl
import subprocess
import threading
import time

import lab as laboratory

USAGE = {"server": "tls_www_server\nsigning_key", "client": "tls_www_client\nsigning_key"}


def issue(lab, name, dns, usage="server", ca="ca"):
    """A key and a certificate for `dns`, signed by that CA of the laboratory: (certificate, key)."""
    key, certificate = lab.path(name + ".key"), lab.path(name + ".pem")
    laboratory.run("certtool", "--generate-privkey", "--key-type", "ecdsa", "--curve", "secp256r1",
                   "--no-text", "--outfile", key)
    template = lab.write(name + ".tmpl", laboratory.CERTIFICATE.format(
        name=dns, serial=int(time.time() * 1000) % 1000000, days=30, usage=USAGE[usage]))
    laboratory.run("certtool", "--generate-certificate", "--load-privkey", key,
                   "--load-ca-certificate", lab.path(ca + ".pem"), "--load-ca-privkey",
                   lab.path(ca + ".key"), "--template", template, "--no-text",
                   "--outfile", certificate)
    return certificate, key


def offers_session(stream):
    """Whether the ClientHello that waits on this socket has one (RFC 8446 4.2.11, TLS 1.3)."""
    hello = b""
    while len(hello) < 5 or len(hello) < 5 + int.from_bytes(hello[3:5], "big"):
        hello = stream.recv(65536, socket.MSG_PEEK)
    at = 9 + 2 + 32  # record, handshake, version, random
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        if hello[at:at + 2] == b"\x00\x29":
            return True
        at += 4 + int.from_bytes(hello[at + 2:at + 4], "big")
    return False


def header(message, name):
    match = re.search(r"(?im)^%s\s*:\s*(.*?)\r?$" % re.escape(name), message)
    return match.group(1) if match else ""


def digest_field(line, name):
    match = re.search(r'\b%s="?([^",]*)"?' % name, line)
    return match.group(1) if match else ""


class Registrar:
    """Listens until `stop`, on a port of its own unless an address is given. `mode`: accept, deaf
    (hangs up on everybody), refuse (nobody listens), silent (connects, and no handshake), plain (no
    TLS), unavailable (503 to REGISTER), mute (no answer to REGISTER)."""

    def __init__(self, certificate, key, client_ca=None, address=("127.0.0.1", 0), mode="accept"):
        self.registers = []    # dicts: at, aor, expires, contact, supported, user, is_right
        self.pings = []        # when
        self.connections = []  # when
        self.subjects = []     # names of the clients' certificates
        self.challenge = None  # (algorithm, realm)
        self.password = "correct horse"
        self.seen = None       # ADDRESS, PORT: what the Via of its answers says of the daemon
        self.sip_bytes = 0     # everything that came over TLS
        self.handshakes = []   # dicts: version, is_resumed, name: of each that was completed
        self.endings = []      # "close_notify" or "cut": how each of these connections has ended
        self.client_ca = client_ca
        self.hates_sessions = False  # hangs up on whoever offers an earlier one
        self.show(certificate, key)
        self.streams = []
        self.address = address
        self.listener = None
        self.set_mode(mode)

    def show(self, certificate, key, version=None):
        """From the next connection on: this certificate, by a server that knows no session of before,
        as after a restart. Weak ones are shown, too."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.load_cert_chain(certificate, key)
        context.sni_callback = self.on_name
        if version:
            context.minimum_version = context.maximum_version = version
        if self.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.client_ca)
        self.context = context

    @staticmethod
    def on_name(stream, name, context):
        stream.offhook_name = name

    def set_mode(self, mode):
        self.mode = mode
        if mode == "refuse":
            self.stop()
        elif not self.listener:
            self.listen()

    def listen(self):
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        self.listener = socket.create_server(self.address, family=family)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.listener = None
        self.cut()

    def cut(self):
        """All connections."""
        for stream in self.streams:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.streams = []

    def accept(self, listener):
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            self.connections.append(time.monotonic())
            if self.hates_sessions and offers_session(stream):
                stream.close()
                continue
            threading.Thread(target=self.serve, args=(stream,), daemon=True).start()

    def serve(self, stream):
        data = b""
        if self.mode == "deaf":
            stream.close()
            return
        if self.mode in ("silent", "plain"):
            self.streams.append(stream)
            if self.mode == "plain":
                stream.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            return
        try:
            stream = self.context.wrap_socket(stream, server_side=True, suppress_ragged_eofs=False)
            self.streams.append(stream)
            self.handshakes.append({"version": stream.version(), "is_resumed": stream.session_reused,
                                    "name": getattr(stream, "offhook_name", None)})
            certificate = stream.getpeercert()
            if certificate:
                self.subjects.append(dict(pair[0] for pair in certificate["subject"])["commonName"])
            while True:
                part = stream.recv(65536)
                self.sip_bytes += len(part)
                if not part:
                    self.endings.append("close_notify")
                    return
                data = self.take(stream, data + part)
        except OSError:
            self.endings.append("cut")

    def take(self, stream, data):
        while data:
            if data.startswith(b"\r\n\r\n"):
                self.pings.append(time.monotonic())
                stream.sendall(b"\r\n")
                data = data[4:]
                continue
            end = data.find(b"\r\n\r\n")
            if end < 0:
                break
            message = data[:end + 4].decode()
            data = data[end + 4 + int(header(message, "Content-Length") or 0):]
            if not message.startswith("REGISTER "):
                self.other(stream, message)
            elif self.mode != "mute":
                self.register(stream, message)
        return data

    def other(self, stream, message):
        """What is no REGISTER; the body is left out."""

    def register(self, stream, message):
        stream.sendall(self.answer(message).encode())

    def is_right(self, line):
        hash_of = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[self.challenge[0]]

        def digest(*parts):
            return hash_of(":".join(parts).encode()).hexdigest()
        field = lambda name: digest_field(line, name)
        wanted = digest(digest(field("username"), field("realm"), self.password), field("nonce"),
                        field("nc"), field("cnonce"), "auth", digest("REGISTER", field("uri")))
        return field("response") == wanted and field("nonce") == "nonce-of-" + self.challenge[1]

    def answer(self, message):
        credentials = header(message, "Authorization")
        is_right = self.mode != "unavailable" and (
            not self.challenge or bool(credentials) and self.is_right(credentials))
        contact = header(message, "Contact")
        self.registers.append({
            "at": time.monotonic(), "aor": re.search(r"<(.*)>", header(message, "To")).group(1),
            "expires": int(header(message, "Expires")), "is_right": is_right,
            "contact": re.search(r"<(.*?)>", contact).group(1),
            "supported": header(message, "Supported"),
            "user": digest_field(credentials, "username")})
        refusal = "503 Service Unavailable" if self.mode == "unavailable" else "401 Unauthorized"
        lines = ["SIP/2.0 " + ("200 OK" if is_right else refusal)]
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            value = header(message, name)
            if name == "Via" and self.seen:
                value = value.replace(";rport", ";rport=%s;received=%s" % self.seen[::-1])
            lines.append("%s: %s%s" % (name, value, ";tag=r" if name == "To" else ""))
        if is_right:
            lines += ["Contact: " + contact]
        elif self.challenge:
            lines += ['WWW-Authenticate: Digest realm="%s", nonce="nonce-of-%s", algorithm=%s, '
                      'qop="auth"' % (self.challenge[1], self.challenge[1], self.challenge[0])]
        return "\r\n".join(lines + ["Content-Length: 0", "", ""])

    def bound(self):
        """The REGISTERs that were granted."""
        return [one for one in self.registers if one["is_right"]]


class OpensslServer:
    """OpenSSL's own server, which can be told to change its keys (k, K) or to renegotiate (r, R), and
    answers the first REGISTER. It takes a first letter of what it is to send for a command, hence
    the empty line before each message."""

    def __init__(self, lab, key, certificate, *options):
        self.lab, self.seen = lab, b""
        self.process = subprocess.Popen(
            ["openssl", "s_server", *options, "-accept", "127.0.0.1:%d" % lab.tls, "-key", key,
             "-cert", certificate],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self.read, daemon=True).start()
        laboratory.wait_for("OpenSSL", lambda: b"ACCEPT" in self.seen, 5)

    def read(self):
        for part in iter(lambda: self.process.stdout.read1(65536), b""):
            self.seen += part

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()
        time.sleep(0.2)

    def register(self):
        laboratory.wait_for("REGISTER", lambda: re.search(rb"REGISTER (?s:.*)\r\n\r\n", self.seen), 10)
        text = self.seen.decode("utf-8", "replace")
        lines = ["", "SIP/2.0 200 OK"]
        for name in ("Via", "From", "To", "Call-ID", "CSeq", "Contact"):
            lines.append("%s: %s" % (name, re.search(r"(?m)^%s: (.*)\r$" % name, text).group(1)))
        self.write("\r\n".join(lines + ["Content-Length: 0", "", ""]).encode())
        self.lab.wait_online(5)

    def stop(self):
        self.process.kill()
        self.process.wait()
