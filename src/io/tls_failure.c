// SPDX-License-Identifier: ISC
#include "io/tls_failure.h"

#include <stdio.h>

#define NEEDS_OWN                                                                                  \
    "the server wants a certificate of ours: set tls.cert_file and tls.key_file to the ones that " \
    "your provider has given you"

struct reason {
    int code;
    const char *sentence;
};

/* Alerts that concern our own certificate. */
static const struct reason own_certificate[] = {
    { GNUTLS_A_CERTIFICATE_EXPIRED, "it has expired: renew it" },
    { GNUTLS_A_CERTIFICATE_REVOKED, "it has been revoked: ask the provider for a new one" },
    { GNUTLS_A_UNKNOWN_CA, "its authority is unknown there: ask the provider which one to use" },
    { GNUTLS_A_BAD_CERTIFICATE, "it is found bad: ask the provider which one to use" },
    { GNUTLS_A_UNSUPPORTED_CERTIFICATE, "it is of an unknown kind: ask the provider which to use" },
    { GNUTLS_A_CERTIFICATE_UNKNOWN, "it is not accepted: ask the provider which one to use" },
    { GNUTLS_A_ACCESS_DENIED, "it gives no access: ask the provider which one to use" },
};

static const struct reason handshake[] = {
    { GNUTLS_E_UNSUPPORTED_VERSION_PACKET,
      "the server does not speak TLS 1.2 or newer, and older ones are not safe: ask the provider "
      "for a server that does" },
    { GNUTLS_E_UNEXPECTED_PACKET_LENGTH,
      "there is no TLS at this port: give the port for TLS in outbound_proxy (mostly 5061), or "
      ";transport=tcp" },
    { GNUTLS_E_UNEXPECTED_PACKET,
      "the server does not keep to TLS: check the port in outbound_proxy" },
    { GNUTLS_E_PREMATURE_TERMINATION,
      "the server hung up in the middle of it: check the port in outbound_proxy, and whether the "
      "provider wants a certificate of yours (tls.cert_file)" },
    { GNUTLS_E_PULL_ERROR,
      "the server hung up in the middle of it: check the port in outbound_proxy, and whether the "
      "provider wants a certificate of yours (tls.cert_file)" },
    { GNUTLS_E_PUSH_ERROR, "the server hung up in the middle of it: check the port in "
                           "outbound_proxy" },
    { GNUTLS_E_HANDSHAKE_TOO_LARGE,
      "the server's certificates are too large: ask the provider to send only what is needed" },
    { GNUTLS_E_KEY_USAGE_VIOLATION,
      "the server's certificate is not one for a server, perhaps that of its authority: tell the "
      "provider" },
    { GNUTLS_E_PK_SIG_VERIFY_FAILED,
      "the server does not have the key of the certificate that it shows: do not use it, and tell the "
      "provider" },
    { GNUTLS_E_INSUFFICIENT_SECURITY,
      "the server's keys are too short to be safe: ask the provider for better ones" },
    { GNUTLS_E_DH_PRIME_UNACCEPTABLE,
      "the server's keys are too short to be safe: ask the provider for better ones" },
    { GNUTLS_E_UNSAFE_RENEGOTIATION_DENIED,
      "the server's TLS is too old to be safe (RFC 5746): tell the provider" },
};

static const char *find(const struct reason *reasons, size_t count, int code)
{
    for (size_t i = 0; i < count; i++)
        if (reasons[i].code == code)
            return reasons[i].sentence;
    return NULL;
}

/* Once the handshake is over. */
static const struct reason connection[] = {
    { GNUTLS_E_PREMATURE_TERMINATION, "the server hung up without a word" },
    { GNUTLS_E_PULL_ERROR, "the server or the network has cut it" },
};

#define FIND(reasons, code) find(reasons, sizeof(reasons) / sizeof(*(reasons)), code)

static void explain_alert(gnutls_session_t session, const struct tls_failure *failure, char *text,
                          size_t size)
{
    gnutls_alert_description_t alert = gnutls_alert_get(session);
    const char *name = gnutls_alert_get_name(alert);
    const char *why = FIND(own_certificate, (int)alert);
    bool lacks_own = !failure->has_own && failure->was_asked_own;
    if (alert == GNUTLS_A_CERTIFICATE_REQUIRED ||
        (lacks_own && (why || alert == GNUTLS_A_HANDSHAKE_FAILURE)))
        snprintf(text, size, "%s", NEEDS_OWN);
    else if (failure->has_own && why)
        snprintf(text, size, "the server refuses our certificate (tls.cert_file): %s", why);
    else if (failure->is_handshake && alert == GNUTLS_A_PROTOCOL_VERSION)
        snprintf(text, size, "TLS handshake failed: %s",
                 FIND(handshake, GNUTLS_E_UNSUPPORTED_VERSION_PACKET));
    else if (alert == GNUTLS_A_UNRECOGNIZED_NAME)
        snprintf(text, size,
                 "the server does not know the name that it was called by: check "
                 "outbound_proxy, or set tls.name");
    else
        snprintf(text, size, "%s: the server says \"%s\": tell the provider",
                 failure->is_handshake ? "TLS handshake failed" : "the connection broke",
                 name ? name : "something unknown");
}

void tls_failure_explain(gnutls_session_t session, const struct tls_failure *failure, char *text,
                         size_t size)
{
    const char *why = failure->is_handshake ? FIND(handshake, failure->result)
                                            : FIND(connection, failure->result);
    if (failure->result == GNUTLS_E_FATAL_ALERT_RECEIVED)
        explain_alert(session, failure, text, size);
    else if (failure->is_handshake)
        snprintf(text, size, "TLS handshake failed: %s%s",
                 why ? why : gnutls_strerror(failure->result), why ? "" : ": tell the provider");
    else
        snprintf(text, size, "the connection broke: %s",
                 why ? why : gnutls_strerror(failure->result));
}
