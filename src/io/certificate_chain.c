// SPDX-License-Identifier: ISC
#include "io/certificate_chain.h"

#include <gnutls/x509.h>

#include <stdio.h>
#include <string.h>

enum {
    NAME_BYTES = 100,
    RSA_BITS_MIN = 2048
};

/* The last certificate of the chain, and what is weak in any of them. */
struct chain_view {
    char issuer[NAME_BYTES]; // of the last one; "" when it has no name
    bool is_own_issuer;      // the first one has signed itself
    bool has_old_signature;  // SHA-1 or worse
    unsigned short_key_bits; // RSA; 0: none is too short
};

static bool is_old(int algorithm)
{
    return algorithm == GNUTLS_SIGN_RSA_SHA1 || algorithm == GNUTLS_SIGN_DSA_SHA1 ||
           algorithm == GNUTLS_SIGN_ECDSA_SHA1 || algorithm == GNUTLS_SIGN_RSA_MD5 ||
           algorithm == GNUTLS_SIGN_RSA_MD2;
}

static void look_at(gnutls_x509_crt_t certificate, bool is_first, struct chain_view *view)
{
    unsigned bits = 0;
    size_t length = sizeof(view->issuer);
    int key = gnutls_x509_crt_get_pk_algorithm(certificate, &bits);
    bool signs_itself = gnutls_x509_crt_check_issuer(certificate, certificate) == 1;
    if (is_first)
        view->is_own_issuer = signs_itself;
    if ((key == GNUTLS_PK_RSA || key == GNUTLS_PK_RSA_PSS) && bits < RSA_BITS_MIN)
        view->short_key_bits = bits;
    view->has_old_signature |=
        !signs_itself && is_old(gnutls_x509_crt_get_signature_algorithm(certificate));
    if (gnutls_x509_crt_get_issuer_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
                                             view->issuer, &length) != 0)
        view->issuer[0] = '\0';
    for (char *byte = view->issuer; *byte; byte++)
        if (*byte < ' ' || *byte == 0x7f || *byte == '"')
            *byte = '?';
}

static void view_chain(gnutls_session_t session, struct chain_view *view)
{
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    memset(view, 0, sizeof(*view));
    for (unsigned i = 0; chain && i < count; i++) {
        gnutls_x509_crt_t certificate;
        if (gnutls_x509_crt_init(&certificate) != 0)
            return;
        if (gnutls_x509_crt_import(certificate, &chain[i], GNUTLS_X509_FMT_DER) == 0)
            look_at(certificate, i == 0, view);
        gnutls_x509_crt_deinit(certificate);
    }
}

/* Fixed sentences: the first whose bit is set is the one to act on first. */
static const struct {
    unsigned bit;
    const char *sentence;
} sentences[] = {
    { GNUTLS_CERT_REVOKED,
      "the server's certificate has been revoked (tls.crl_file says so): do not "
      "use this server until the provider has a new one" },
    { GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED,
      "the list of revoked certificates is out of date: put "
      "a new one into tls.crl_file and reload" },
    { GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
      "the list of revoked certificates (tls.crl_file) "
      "is of the future: check this machine's clock" },
    { GNUTLS_CERT_EXPIRED, "the server's certificate has expired: tell the provider, or check this "
                           "machine's clock" },
    { GNUTLS_CERT_NOT_ACTIVATED, "the server's certificate is not valid yet: check this machine's "
                                 "clock" },
    { GNUTLS_CERT_SIGNER_NOT_CA, "the server's certificate is not trusted: who has signed it is no "
                                 "authority: tell the provider" },
    { GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, "the server's certificate is not trusted: its "
                                              "authority may not vouch for this name: tell the "
                                              "provider" },
    { GNUTLS_CERT_SIGNATURE_FAILURE, "the server's certificate is forged or broken, its signature "
                                     "is wrong: do not use this server, and tell the provider" },
};

static void explain_weakness(const struct chain_view *view, char *text, size_t size)
{
    if (view->short_key_bits)
        snprintf(text, size,
                 "the server's certificate is refused: a key of %u bits in it is too short to be "
                 "safe: ask the provider for one of at least %d bits",
                 view->short_key_bits, RSA_BITS_MIN);
    else if (view->has_old_signature)
        snprintf(text, size,
                 "the server's certificate is refused: it is signed by SHA-1, which can be forged: "
                 "ask the provider for one signed by SHA-256");
    else
        snprintf(
            text, size,
            "the server's certificate is refused: its key or signature is of a kind that is not "
            "safe: ask the provider for one of today's kind");
}

static void explain_stranger(const struct chain_view *view, char *text, size_t size)
{
    if (view->is_own_issuer)
        snprintf(
            text, size,
            "the server's certificate is not trusted, only the server itself has signed it: if "
            "it is your own server, set tls.ca_file to a copy of that certificate");
    else
        snprintf(
            text, size,
            "the server's certificate is not trusted: its authority \"%s\" is not known here: "
            "set tls.ca_file to the certificate of that authority, or ask the provider to send "
            "the whole chain",
            view->issuer);
}

static void explain(gnutls_session_t session, unsigned status, char *text, size_t size)
{
    struct chain_view view;
    gnutls_datum_t description = { .data = NULL };
    view_chain(session, &view);
    if (status & GNUTLS_CERT_INSECURE_ALGORITHM) {
        explain_weakness(&view, text, size);
        return;
    }
    if (status & GNUTLS_CERT_SIGNER_NOT_FOUND) {
        explain_stranger(&view, text, size);
        return;
    }
    for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
        if (!(status & sentences[i].bit))
            continue;
        snprintf(text, size, "%s", sentences[i].sentence);
        return;
    }
    gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &description, 0);
    snprintf(text, size, "the server's certificate is refused: %s tell the provider",
             description.data ? (const char *)description.data : "it is not valid:");
    gnutls_free(description.data);
}

bool certificate_chain_check(gnutls_session_t session, char *text, size_t size)
{
    unsigned status = 0;
    int result = gnutls_certificate_verify_peers2(session, &status);
    if (result < 0)
        snprintf(text, size, "the server's certificate cannot be checked: %s: tell the provider",
                 gnutls_strerror(result));
    else if (status)
        explain(session, status, text, size);
    return result >= 0 && status == 0;
}
