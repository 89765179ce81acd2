# SPDX-License-Identifier: ISC
"""Servers that can be made to misbehave: a DNS server that says what it is told, and a TLS registrar
without a password. What well-behaved peers can do is tested with Kamailio and Debian's DNS servers."""
import random
import re
import socket
import ssl
import struct
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33, "NAPTR": 35}


def encode_name(name):
    labels = [label.encode("latin-1") for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def encode_text(text):
    return bytes([len(text)]) + text.encode()


def encode_data(kind, words):
    if kind == "A":
        return socket.inet_aton(words[0])
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, words[0])
    if kind == "CNAME":
        return encode_name(words[0])
    if kind == "SRV":
        return struct.pack("!HHH", *map(int, words[:3])) + encode_name(words[3])
    return (struct.pack("!HH", int(words[0]), int(words[1])) + encode_text(words[2]) +
            encode_text(words[3]) + encode_text("") + encode_name(words[4]))


class Dns:
    """`zone` is lines "name TYPE data…"; `ttl` holds for all. `mode`: answer, silent, servfail,
    refused, nxdomain, or a function of (query, answer) that gives the bytes to send (or None)."""

    def __init__(self, address="127.0.0.53"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.zone = []
        self.ttl = 60
        self.mode = "answer"
        self.silent_types = ()
        self.asked = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            answer = self.answer(query)
            if answer is not None:
                self.socket.sendto(answer, peer)

    def records(self, name, kind):
        found = []
        for line in self.zone:
            words = line.split()
            if words[0].rstrip(".").lower() != name.lower():
                continue
            if words[1] in (kind, "CNAME"):
                found.append((name, words[1], words[2:]))
            if words[1] == "CNAME":
                found += self.records(words[2], kind)
        return found

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += 1 + query[at]
        name = ".".join(labels)
        number = struct.unpack("!H", query[at + 1:at + 3])[0]
        kind = {value: key for key, value in TYPES.items()}.get(number, str(number))
        self.asked.append("%s %s" % (kind, name))
        if self.mode == "silent" or kind in self.silent_types:
            return None
        question = query[12:at + 5]
        found = self.records(name, kind) if self.mode == "answer" or callable(self.mode) else []
        exists = any(line.split()[0].rstrip(".").lower() == name.lower() for line in self.zone)
        code = {"servfail": 2, "refused": 5, "nxdomain": 3}.get(
            self.mode, 0 if found or exists else 3)
        reply = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(found), 0, 0) + question
        for owner, kind, words in found:
            data = encode_data(kind, words)
            reply += encode_name(owner) + struct.pack("!HHIH", TYPES[kind], 1, self.ttl, len(data)) + data
        return self.mode(query, reply) if callable(self.mode) else reply


def header(message, name):
    match = re.search(r"^%s *: *(.*?)\r$" % name, message, re.MULTILINE | re.IGNORECASE)
    return match.group(1) if match else ""


class Registrar:
    """A TLS server at one address. `mode`: accept, refuse (nobody listens), silent (connects, and no
    handshake), plain (no TLS), unavailable (503 to REGISTER), mute (no answer to REGISTER)."""

    def __init__(self, address, port, certificate, key, mode="accept"):
        self.address = (address, port)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.mode = mode
        self.listener = None
        self.streams = []
        self.connected = []  # times
        self.registered = []
        self.set_mode(mode)

    def set_mode(self, mode):
        self.mode = mode
        if mode == "refuse":
            self.close()
        elif not self.listener:
            family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
            self.listener = socket.create_server(self.address, family=family)
            threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    def close(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.listener = None
        self.drop()

    def drop(self):
        """Its connections are gone, FIN each."""
        for stream in self.streams[:]:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            stream.close()
        self.streams.clear()

    def serve(self, listener):
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            self.connected.append(time.monotonic())
            threading.Thread(target=self.talk, args=(plain,), daemon=True).start()

    def talk(self, plain):
        self.streams.append(plain)
        if self.mode == "plain":
            plain.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        if self.mode in ("silent", "plain"):
            return
        try:
            stream = self.context.wrap_socket(plain, server_side=True)
            self.streams.append(stream)
            self.converse(stream)
        except (OSError, ValueError):
            plain.close()

    def converse(self, stream):
        data = b""
        while True:
            part = stream.recv(65536)
            if not part:
                return
            data = (data + part).replace(b"\r\n\r\n\r\n\r\n", b"\r\n\r\n")
            while data.startswith(b"\r\n"):
                data = data[2:]
                stream.sendall(b"\r\n") if not data.startswith(b"\r\n") else None
            while b"\r\n\r\n" in data:
                head, data = data.split(b"\r\n\r\n", 1)
                self.answer(stream, head.decode() + "\r\n")

    def answer(self, stream, request):
        if not request.startswith("REGISTER"):
            return
        if self.mode == "mute":
            return
        status = "503 Service Unavailable" if self.mode == "unavailable" else "200 OK"
        lines = ["SIP/2.0 " + status]
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            tag = ";tag=%d" % random.randrange(10**9) if name == "To" else ""
            lines.append("%s: %s%s" % (name, header(request, name), tag))
        if self.mode != "unavailable":
            lines.append("Contact: " + header(request, "Contact"))
            self.registered.append(time.monotonic())
        stream.sendall(("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode())
