# SPDX-License-Identifier: ISC
"""Certificates of every kind, made by certtool when they are needed: good, odd and broken ones."""
import base64
import hashlib
import os
import subprocess
import time

import lab as laboratory

PAST = ('activation_date = "2020-01-01 00:00:00"', 'expiration_date = "2020-02-01 00:00:00"')
FUTURE = ('activation_date = "2040-01-01 00:00:00"', 'expiration_date = "2041-01-01 00:00:00"')
SERVER = ("tls_www_server", "signing_key", "encryption_key")
CLIENT = ("tls_www_client", "signing_key")
AUTHORITY = ("ca", "cert_signing_key", "crl_signing_key")
KEYS = {"ecdsa": ("ecdsa", "--curve", "secp256r1"), "rsa": ("rsa", "--bits", "2048"),
        "rsa1024": ("rsa", "--bits", "1024")}
SUBJECT_ALTERNATIVE_NAME, NAME_CONSTRAINTS, UNKNOWN = "2.5.29.17", "2.5.29.30", "1.2.3.4.5.6"


def der(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def extension(identifier, content):
    return 'add_extension = "%s 0x%s"' % (identifier, content.hex())


def names(*values):
    """DNS names as bytes, whatever is in them; certtool's templates take no more than 128."""
    return extension(SUBJECT_ALTERNATIVE_NAME, der(0x30, b"".join(der(0x82, one) for one in values)))


def expires_in(seconds):
    return (time.strftime('expiration_date = "%Y-%m-%d %H:%M:%S"', time.gmtime(time.time() + seconds)),)


def constraints(*values):
    """An authority may vouch for these domains alone."""
    trees = b"".join(der(0x30, der(0x82, one)) for one in values)
    return extension(NAME_CONSTRAINTS, der(0x30, der(0xa0, trees)))


def dns(*values):
    return tuple('dns_name = "%s"' % value for value in values)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


class Maker:
    """Makes them in the folder of a laboratory, whose "ca" is the authority that the daemon trusts."""

    def __init__(self, lab):
        self.lab = lab
        self.serial = 100

    def key(self, name, kind="ecdsa"):
        path = self.lab.path(name + ".key")
        laboratory.run("certtool", "--generate-privkey", "--key-type", *KEYS[kind], "--no-text",
                       "--outfile", path)
        return path

    def make(self, name, *lines, usage=SERVER, cn=None, signer="ca", key=None, kind="ecdsa",
             signed_by="SHA256"):
        """`signer` is the name of an authority made before, None for the certificate itself. A list of
        dates is among `lines`, else it is good for 30 days. Returns the path of the certificate; its
        key is beside it."""
        self.serial += 1
        key = key or self.key(name, kind)
        if not any("expiration" in line for line in lines):
            lines += ("expiration_days = 30",)
        lines += ("serial = %d" % self.serial,) + usage
        lines += ('cn = "%s"' % cn,) if cn else ()
        template = self.lab.write(name + ".tmpl", "\n".join(lines) + "\n")
        signing = ["--generate-self-signed"] if not signer else [
            "--generate-certificate", "--load-ca-certificate", self.lab.path(signer + ".pem"),
            "--load-ca-privkey", self.lab.path(signer + ".key")]
        path = self.lab.path(name + ".pem")
        laboratory.run("certtool", *signing, "--load-privkey", key, "--template", template, "--hash",
                       signed_by, "--no-text", "--outfile", path, env=dict(os.environ, TZ="UTC"))
        return path

    def authority(self, name, *lines, signer="ca", **options):
        return self.make(name, *lines, usage=AUTHORITY, cn="Authority " + name, signer=signer, **options)

    def chain(self, name, *parts):
        """One file of several."""
        return self.lab.write(name + ".pem", "".join(read(self.lab.path(part + ".pem"))
                                                     for part in parts))

    def revoke(self, name, *certificates, signer="ca"):
        """A list of that authority that revokes these certificates."""
        self.serial += 1
        template = self.lab.write(name + ".tmpl",
                                  "crl_next_update = 30\ncrl_number = %d\n" % self.serial)
        words = []
        if certificates:
            revoked = "".join(read(self.lab.path(one + ".pem")) for one in certificates)
            words = ["--load-certificate", self.lab.write(name + ".revoked", revoked)]
        path = self.lab.path(name + ".pem")
        laboratory.run("certtool", "--generate-crl", "--load-ca-certificate",
                       self.lab.path(signer + ".pem"), "--load-ca-privkey",
                       self.lab.path(signer + ".key"), "--template", template, "--no-text", "--outfile",
                       path, *words)
        return path


def pin_of(certificate):
    """As the manual page says: the SHA-256 of its public key."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"],
                         check=True, capture_output=True).stdout
    key = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True,
                         capture_output=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()
