# SPDX-License-Identifier: ISC
"""Who is there: servers with certificates of every kind, and the verdict of the daemon on each. Whoever
is refused gets no byte of SIP, and status says why in words that one can act on."""
import os
import re
import signal
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from certificates import (AUTHORITY, CLIENT, FUTURE, PAST, UNKNOWN, Maker, constraints, der, dns,
                          extension, names, pin_of)
from lab import Lab, Tally, is_instrumented, wait_for
from registrar import Registrar

tally = Tally()
WRONG_PIN = "sha256//" + "A" * 43 + "="


def summary(lab):
    return (lab.ask("status") or {}).get("summary", "")


def make_authorities(maker):
    """ca <- middle <- lower …, a stranger, and one that may vouch for very many domains."""
    maker.authority("middle")
    maker.authority("stranger", signer=None)
    for depth in range(6):
        maker.authority("deep%d" % depth, signer="deep%d" % (depth - 1) if depth else "ca")
    many = [b"domain-%04d.example" % i for i in range(330)]
    maker.authority("narrow", constraints(b"lab.example", *many))
    maker.authority("other_domain", constraints(b"other.example"))


NAME = "lab.example"
# What is shown; then, where it differs: options for the daemon, what else is sent behind it. Then the
# words in status, None where the server is taken.
ROWS = [
    ("the right DNS name", dict(lines=dns(NAME)), None),
    ("a sip: URI alone", dict(lines=('uri = "sip:lab.example"',)), None),
    ("the DNS name of an SRV target alone", dict(lines=dns("sip1.lab.example")),
     'is for "sip1.lab.example", not for "lab.example": set tls.name'),
    ("a common name alone", dict(cn=NAME), None),
    ("the right common name, another DNS name", dict(cn=NAME, lines=dns("other.example")),
     'is for "other.example", not for "lab.example": set tls.name'),
    ("a sip: URI of somebody else beside the right DNS name",
     dict(lines=dns(NAME) + ('uri = "sip:other.example"',)), 'set tls.name = "other.example"'),
    ("capitals", dict(lines=dns("LAB.Example")), None),
    ("a wildcard", dict(lines=dns("*.example")), "set tls.wildcard = true"),
    ("a wildcard, which tls.wildcard allows",
     dict(lines=dns("*.example"), options=["tls.wildcard=true"]), None),
    ("a wildcard for two labels",
     dict(lines=dns("*.example"), options=["tls.wildcard=true", "tls.name=sip.lab.example"]),
     'is for "*.example", not for "sip.lab.example": set tls.name'),
    ("two wildcards in a name",
     dict(lines=dns("*.*.example"), options=["tls.wildcard=true", "tls.name=sip.lab.example"]),
     "set tls.name"),
    ("an address as an address", dict(lines=('ip_address = "127.0.0.1"',), options=["tls.name="]),
     None),
    ("an address as a DNS name", dict(lines=dns("127.0.0.1"), options=["tls.name="]),
     "as if it were a name, not as an address: ask the provider to correct it"),
    ("a DNS name where we know an address only", dict(lines=dns(NAME), options=["tls.name="]),
     'is for "lab.example", not for "127.0.0.1": set tls.name'),
    ("a final dot in the certificate", dict(lines=dns("lab.example.")), None),
    ("a final dot in the configuration", dict(lines=dns(NAME), options=["tls.name=lab.example."]),
     None),
    ("a NUL inside a name", dict(lines=(names(b"lab.example\0.other.example"),)),
     "forged: there is a NUL inside its name"),
    ("one that has expired", dict(lines=dns(NAME) + PAST), "has expired: tell the provider"),
    ("one that is not valid yet", dict(lines=dns(NAME) + FUTURE),
     "not valid yet: check this machine's clock"),
    ("one that signed itself", dict(lines=dns(NAME), signer=None),
     "set tls.ca_file to a copy of that certificate"),
    ("one that signed itself, and is trusted",
     dict(lines=dns(NAME), signer=None, trust="itself"), None),
    ("an unknown authority", dict(lines=dns(NAME), signer="stranger"),
     'its authority "Authority stranger" is not known here: set tls.ca_file'),
    ("a revoked one", dict(lines=dns(NAME), revoked=True), "has been revoked (tls.crl_file says so)"),
    ("another one was revoked", dict(lines=dns(NAME), revoked=False), None),
    ("an intermediate authority", dict(lines=dns(NAME), signer="middle", behind=["middle"]), None),
    ("a chain out of order", dict(lines=dns(NAME), signer="deep1",
                                  behind=["ca", "deep0", "deep1"]), None),
    ("an authority in the first place", dict(lines=dns(NAME), signer="middle", before=["middle"]),
     "is not one for a server, perhaps that of its authority"),
    ("a missing intermediate", dict(lines=dns(NAME), signer="middle"),
     '"Authority middle" is not known here: set tls.ca_file to the certificate of that authority, or '
     "ask the provider to send the whole chain"),
    ("a chain of six", dict(lines=dns(NAME), signer="deep4",
                            behind=["deep4", "deep3", "deep2", "deep1", "deep0"]), None),
    ("a chain of seven", dict(lines=dns(NAME), signer="deep5",
                              behind=["deep5", "deep4", "deep3", "deep2", "deep1", "deep0"]),
     "a chain of 7 certificates, more than the 6"),
    ("a signer that is no authority", dict(lines=dns(NAME), signer="plain", behind=["plain"]),
     "no authority"),
    ("an authority for another domain", dict(lines=dns(NAME), signer="other_domain",
                                             behind=["other_domain"]), "may not vouch for this name"),
    ("a certificate of 9 KiB", dict(lines=dns(NAME) + (extension(UNKNOWN, der(4, b"x" * 9000)),)),
     "too large"),
    ("certificates of 90 KiB", dict(lines=dns(NAME) + (extension(UNKNOWN, der(4, b"x" * 45000)),),
                                    behind=["itself"]), "too large"),
    ("1,000 names", dict(lines=(names(b"lab.example", *[b"a%03d" % i for i in range(999)]),)),
     "more than the 256 names"),
    ("256 names", dict(lines=(names(*[b"a%03d" % i for i in range(255)], b"lab.example"),)), None),
    ("a name of 1,100 bytes", dict(lines=(names(b"lab.example", b"a" * 1100),)), "1100 bytes"),
    ("331 domains of the authority against 200 names",
     dict(lines=(names(b"lab.example", *[b"h.domain-%04d.example" % i for i in range(199)]),),
          signer="narrow", behind=["narrow"]), None),
    ("a signature by SHA-1", dict(lines=dns(NAME), signed_by="SHA1", kind="rsa"),
     "signed by SHA-1, which can be forged: ask the provider"),
    ("a key of RSA with 1024 bits", dict(lines=dns(NAME), kind="rsa1024"),
     "a key of 1024 bits in it is too short"),
    ("a key of RSA with 2048 bits", dict(lines=dns(NAME), kind="rsa"), None),
    ("the right pin", dict(lines=dns(NAME), pins=[WRONG_PIN, "right"]), None),
    ("the wrong pin", dict(lines=dns(NAME), pins=[WRONG_PIN]), "is none of tls.pin: it is"),
    ("the right pin, the wrong name", dict(lines=dns("other.example"), pins=["right"]),
     'not for "lab.example"'),
    ("the right pin, an unknown authority", dict(lines=dns(NAME), signer="stranger", pins=["right"]),
     "is not known here"),
    ("TLS 1.2", dict(lines=dns(NAME), version=ssl.TLSVersion.TLSv1_2), None),
    ("TLS 1.2, another name", dict(lines=dns("other.example"), version=ssl.TLSVersion.TLSv1_2),
     'not for "lab.example"'),
    ("TLS 1.1", dict(lines=dns(NAME), version=ssl.TLSVersion.TLSv1_1), "does not speak TLS 1.2"),
]


class Bench:
    """One server for all rows, a daemon for each."""

    def __init__(self, lab, maker):
        self.lab = lab
        self.maker = maker
        maker.make("plain", *dns("plain.example"))
        maker.make("revoked", *dns("revoked.example"))
        self.registrar = Registrar(lab.path("plain.pem"), lab.path("plain.key"),
                                   address=("127.0.0.1", lab.tls))

    def show(self, before=(), behind=(), version=None, **options):
        """Makes the certificate and has the server show it."""
        lines = options.pop("lines", ())
        path = self.maker.make("shown", *lines, **options)
        parts = list(before) + ["shown"] + ["shown" if one == "itself" else one for one in behind]
        chain = self.maker.chain("sent", *parts)
        key = self.lab.path((before[0] if before else "shown") + ".key")
        self.registrar.show(chain, key, version)
        return path

    def configure(self, path, options, pins, revoked, trust):
        words = list(options)
        if revoked is not None:
            words.append("tls.crl_file=" + self.maker.revoke("crl", "shown" if revoked else "revoked"))
        if trust:
            words.append("tls.ca_file=" + path)
        if pins:
            words.append("tls.pin=" + ",".join(pin_of(path) if pin == "right" else pin
                                               for pin in pins))
        return [part for word in words for part in ("-o", word)]

    def verdict(self, name, words, *, options=(), pins=(), revoked=None, trust=None, **shown):
        registrar = self.registrar
        path = self.show(**shown)
        words_of_options = self.configure(path, options, pins, revoked, trust)
        before = registrar.sip_bytes
        self.lab.start_daemon(*words_of_options, wait=False)
        if words is None:
            try:
                self.lab.wait_online(10)
            except AssertionError:
                pass
            is_right = self.lab.is_online() and registrar.sip_bytes > before
            text = summary(self.lab)
        else:
            text = self.refusal(words)
            is_right = words in text and registrar.sip_bytes == before
        tally.check("%s: %s" % (name, "refused, no byte of SIP" if words else "taken"), is_right,
                    text if words or not is_right else "")
        tally.check("%s: the daemon goes on" % name, self.lab.stop_daemon() == 0)

    def refusal(self, words):
        """What offhookctl prints, once it has these words."""
        def check():
            text = self.lab.ctl("status").stdout
            return words in text and text
        try:
            text = wait_for(words, check, 10)
        except AssertionError:
            text = self.lab.ctl("status").stdout
        line = re.search(r"(?m)^connection_failure +(.*)$", text)
        return line.group(1) if line else text


def check_own_certificate(lab, bench):
    """A server that wants a certificate of ours."""
    maker, registrar = bench.maker, bench.registrar
    maker.make("ours", cn="alice-phone", usage=CLIENT)
    maker.make("expired_ours", *PAST, cn="alice-phone", usage=CLIENT)
    maker.make("strange_ours", cn="alice-phone", usage=CLIENT, signer="stranger")
    registrar.client_ca = lab.path("ca.pem")
    for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
        for own, words in ((None, "wants a certificate of ours: set tls.cert_file and tls.key_file"),
                           ("expired_ours", "refuses our certificate (tls.cert_file): it has expired"),
                           ("strange_ours", "refuses our certificate (tls.cert_file): its authority is "
                                            "unknown there"),
                           ("ours", None)):
            options = [] if not own else ["tls.cert_file=" + lab.path(own + ".pem"),
                                          "tls.key_file=" + lab.path(own + ".key")]
            bench.verdict("%s: a server that wants a certificate, ours: %s"
                          % (version.name, own or "none"), words,
                          lines=dns(NAME), version=version, options=options)
        tally.check("the server has seen who we are", registrar.subjects[-1:] == ["alice-phone"],
                    registrar.subjects)
    registrar.client_ca = None
    bench.verdict("a certificate of ours that nobody wants", None, lines=dns(NAME),
                  options=["tls.cert_file=" + lab.path("ours.pem"),
                           "tls.key_file=" + lab.path("ours.key")])


class LastWord:
    """A registrar that says why it goes, and goes, before anybody can have read it."""

    def __init__(self, lab, registrar):
        self.registrar = registrar
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = registrar.context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        with socket.create_server(("127.0.0.1", lab.tls)) as listener:
            lab.start_daemon(wait=False)
            listener.settimeout(10)
            self.stream, _ = listener.accept()
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # RST drops what waits
        self.until_done(self.tls.do_handshake)
        text = ""
        while not text.endswith("\r\n\r\n"):
            text += self.until_done(self.tls.read).decode()
        self.tls.write(registrar.answer(text).encode())
        self.stream.sendall(self.outgoing.read())

    def until_done(self, step):
        while True:
            try:
                result = step()
                self.stream.sendall(self.outgoing.read())
                return result
            except ssl.SSLWantReadError:
                self.stream.sendall(self.outgoing.read())
                self.incoming.write(self.stream.recv(65536))

    def go(self):
        """An alert, because of a record that nobody has sent, then RST."""
        self.incoming.write(b"\x17\x03\x03\x00\x40" + bytes(64))
        try:
            self.tls.read()
        except ssl.SSLError:
            pass
        self.stream.sendall(self.outgoing.read())
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()


def check_last_word(lab, bench):
    """The daemon has something to send at the very moment: the error of that hides no alert."""
    bench.show(lines=dns(NAME))
    bench.registrar.stop()
    server = LastWord(lab, bench.registrar)
    lab.wait_online()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(lab.path("control"))
        lab.ask("status")  # the client has been taken by now
        lab.daemon.send_signal(signal.SIGSTOP)
        client.sendall(b'{"id":1,"cmd":"reregister"}\n')
        server.go()
        lab.daemon.send_signal(signal.SIGCONT)
        tally.comes("what a server says at last is heard, although we were sending",
                    lambda: "Bad record MAC" in lab.log("offhookd"), 5)
    lab.stop_daemon()


def check_times(lab):
    """Verification is synchronous: it must never hold up calls, nor the watchdog (A7)."""
    times = sorted(int(ms) for ms in re.findall(r"certificate checked .*ms=(\d+)", lab.log("offhookd")))
    worst = times[int(len(times) * 0.99)] if times else -1
    tally.check("verification takes less than 200 ms (p99)",
                times and (worst < 200 or is_instrumented()),
                "%d of them, median %d ms, p99 %d ms" % (len(times), times[len(times) // 2], worst))


if __name__ == "__main__":
    with Lab(name=NAME) as lab:
        maker = Maker(lab)
        make_authorities(maker)
        bench = Bench(lab, maker)
        for name, row, words in ROWS:
            bench.verdict(name, words, **row)
        check_own_certificate(lab, bench)
        check_last_word(lab, bench)
        check_times(lab)
    tally.end()
