# SPDX-License-Identifier: ISC
"""A DNS server that says what it is told, the wrong things too."""
import socket
import struct
import threading

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
