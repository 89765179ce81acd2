// SPDX-License-Identifier: ISC
// Whether the names in a certificate prove the identity that is wanted: RFC 5922 7, RFC 6125. Bytes
// in, a verdict and a plain reason out; who has signed the certificate is asked elsewhere.
#pragma once

#include "util/slice.h"

enum certificate_name_kind {
    CERTIFICATE_DNS,
    CERTIFICATE_URI,
    CERTIFICATE_ADDRESS, // 4 or 16 bytes
    CERTIFICATE_OTHER    // proves nothing
};

struct certificate_name {
    enum certificate_name_kind kind;
    struct slice value; // as it stands in the certificate; anything may be in it
};

struct certificate_names {
    const struct certificate_name *alternatives; // subjectAltName
    size_t count;
    struct slice common_name; // counts only when count is 0; empty: none
};

enum {
    CERTIFICATE_REASON_BYTES = 400
};

// `wanted` is a domain, a host or an address. *.example.com stands for one label, with
// `allow_wildcard` only. False with one line for an operator in *reason (CERTIFICATE_REASON_BYTES)
// when it is not proven, or when any of the names is not fit to be looked at: too many, too long, a
// NUL inside.
bool certificate_names_prove(const struct certificate_names *names, struct slice wanted,
                             bool allow_wildcard, char *reason);
