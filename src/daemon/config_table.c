// SPDX-License-Identifier: ISC
#include "daemon/config_table.h"

#include "util/limits.h"
#include "util/name_distance.h"

#include <stddef.h>
#include <string.h>

#define AT(field) offsetof(struct config, field)

static const struct config_row rows[] = {
    { .name = "aor",
      .offset = AT(aor),
      .fallback = "",
      .help = "Address of record: the line. Required. sips:alice@example.com or sip:…" },
    { .name = "username",
      .offset = AT(username),
      .fallback = "",
      .help = "Digest user name. Default: the user part of the aor." },
    { .name = "password",
      .offset = AT(password),
      .fallback = "",
      .help = "Password, in a file that only the daemon may read. Better: password_file, or the "
              "systemd credential sip-password." },
    { .name = "password_file",
      .offset = AT(password_file),
      .fallback = "",
      .help = "File whose first line is the password." },
    { .name = "outbound_proxy",
      .offset = AT(outbound_proxy),
      .fallback = "",
      .help = "Where to connect: host, host:port or a SIP URI; ;transport=tcp for plain TCP. "
              "Default: the domain of the aor." },
    { .name = "name",
      .offset = AT(name),
      .fallback = "",
      .help = "Name of the line, for hooks and logs. Default: the user part of the aor." },
    { .name = "incoming",
      .offset = AT(incoming),
      .fallback = "reject 480",
      .help = "What happens to a call when no hook decides. \"answer /bin/cat\" is an echo test." },
    { .name = "registration.expires",
      .type = CONFIG_NUMBER,
      .offset = AT(registration_expires),
      .fallback = "3600",
      .minimum = 10,
      .maximum = 86400,
      .help = "Seconds of registration that are asked for." },
    { .name = "registration.keepalive",
      .type = CONFIG_NUMBER,
      .offset = AT(registration_keepalive),
      .fallback = "100",
      .minimum = 1,
      .maximum = 3600,
      .help = "Seconds between keep-alives on the connection." },
    { .name = "registration.retry",
      .type = CONFIG_NUMBER,
      .offset = AT(registration_retry),
      .fallback = "30",
      .minimum = 1,
      .maximum = 300,
      .help = "Seconds that the waits after failed connections, and after faults of the registrar, "
              "grow from (RFC 5626 4.5)." },
    { .name = "registration.spread",
      .type = CONFIG_NUMBER,
      .offset = AT(registration_spread),
      .fallback = "0",
      .minimum = 0,
      .maximum = 3600,
      .help =
          "The first registration after a start waits a random time of up to so many seconds, so "
          "that many lines of one machine do not come at once." },
    { .name = "registration.outbound",
      .type = CONFIG_BOOL,
      .offset = AT(registration_outbound),
      .fallback = "true",
      .help =
          "Say which telephone we are (RFC 5626). false only for registrars that take offence." },
    { .name = "registration.route",
      .type = CONFIG_BOOL,
      .offset = AT(registration_route),
      .fallback = "true",
      .help = "Name the outbound_proxy in a Route header. false for proxies that take offence "
              "(\"Preload Route denied\")." },
    { .name = "registration.gruu",
      .offset = AT(registration_gruu),
      .fallback = "auto",
      .choices = "auto on off",
      .help =
          "Be reached within calls by the address that the registrar gives us (RFC 5627). auto: "
          "where it has agreed to outbound, too." },
    { .name = "registration.follow_nat",
      .offset = AT(registration_follow_nat),
      .fallback = "auto",
      .choices = "auto on off",
      .help =
          "Register the address that the registrar sees instead of our own, behind a NAT. auto: "
          "where it has not agreed to outbound." },
    { .name = "auth.allow_md5",
      .type = CONFIG_BOOL,
      .offset = AT(auth_allow_md5),
      .fallback = "false",
      .help = "Answer a server that offers nothing better than MD5." },
    { .name = "auth.in_dialog",
      .type = CONFIG_BOOL,
      .offset = AT(auth_in_dialog),
      .fallback = "false",
      .help = "Answer challenges to requests inside a call." },
    { .name = "auth.realm",
      .type = CONFIG_LIST,
      .takes_text = true,
      .offset = AT(auth_realm),
      .fallback = "",
      .help = "The only realms that get credentials, the registrar's among them. Default: that of "
              "the first registration." },
    { .name = "tls.ca_file",
      .reload = CONFIG_RECONNECTS,
      .is_file = true,
      .offset = AT(tls_ca_file),
      .fallback = "",
      .help = "Certificates that are trusted, in PEM. Default: the system's." },
    { .name = "tls.crl_file",
      .reload = CONFIG_RECONNECTS,
      .is_file = true,
      .offset = AT(tls_crl_file),
      .fallback = "",
      .help = "Lists of revoked certificates, in PEM. Default: none." },
    { .name = "tls.cert_file",
      .reload = CONFIG_RECONNECTS,
      .is_file = true,
      .offset = AT(tls_cert_file),
      .fallback = "",
      .help = "Our own certificate, where the server asks for one." },
    { .name = "tls.key_file",
      .reload = CONFIG_RECONNECTS,
      .is_file = true,
      .offset = AT(tls_key_file),
      .fallback = "",
      .help = "The key of tls.cert_file." },
    { .name = "tls.name",
      .reload = CONFIG_RECONNECTS,
      .offset = AT(tls_name),
      .fallback = "",
      .help = "The name that the server's certificate must bear. Default: the host of "
              "outbound_proxy, else the domain of the aor." },
    { .name = "tls.wildcard",
      .reload = CONFIG_RECONNECTS,
      .type = CONFIG_BOOL,
      .offset = AT(tls_wildcard),
      .fallback = "false",
      .help = "Accept *.example.com in the server's certificate." },
    { .name = "tls.pin",
      .reload = CONFIG_RECONNECTS,
      .type = CONFIG_LIST,
      .offset = AT(tls_pin),
      .fallback = "",
      .help =
          "Public keys that the server may have, as \"sha256//BASE64\", besides all else that is "
          "checked. Default: any." },
    { .name = "hooks.dir",
      .offset = AT(hooks_dir),
      .fallback = "/etc/offhookd/hooks",
      .help = "The folder of the hooks." },
    { .name = "hooks.decide",
      .type = CONFIG_NUMBER,
      .offset = AT(hooks_decide),
      .fallback = "10",
      .minimum = 1,
      .maximum = 180,
      .help = "Seconds within which a deciding hook must say something." },
    { .name = "hooks.linger",
      .type = CONFIG_NUMBER,
      .offset = AT(hooks_linger),
      .fallback = "60",
      .minimum = 0,
      .maximum = 3600,
      .help = "Seconds that a hook may live on after its call." },
    { .name = "hooks.max",
      .type = CONFIG_NUMBER,
      .offset = AT(hooks_max),
      .fallback = "64",
      .minimum = 1,
      .maximum = LIMIT_HOOKS,
      .help = "Hooks alive at once." },
    { .name = "audio.rate",
      .type = CONFIG_NUMBER,
      .offset = AT(audio_rate),
      .fallback = "16000",
      .minimum = 8000,
      .maximum = 48000,
      .choices = "8000 16000 24000 48000",
      .help = "Samples per second that programs hear and speak." },
    { .name = "audio.grace",
      .type = CONFIG_NUMBER,
      .offset = AT(audio_grace),
      .fallback = "2",
      .minimum = 0,
      .maximum = 60,
      .help = "Seconds that a program may go on writing after the call." },
    { .name = "audio.codecs",
      .type = CONFIG_LIST,
      .offset = AT(audio_codecs),
      .fallback = "opus G722 PCMA PCMU",
      .choices = "opus G722 PCMA PCMU L16",
      .help = "Codecs, in the order in which they are offered." },
    { .name = "audio.ports",
      .offset = AT(audio_ports),
      .fallback = "16384-32767",
      .help = "UDP ports for RTP and RTCP, drawn at random." },
    { .name = "audio.address",
      .offset = AT(audio_address),
      .fallback = "",
      .help = "Address for RTP. Default: that of the SIP connection." },
    { .name = "audio.srtp",
      .offset = AT(audio_srtp),
      .fallback = "auto",
      .choices = "auto off opportunistic required",
      .help =
          "Encryption of the audio, with keys in the signalling (SDES). auto: opportunistic over "
          "TLS, off over plain TCP." },
    { .name = "dial.allow",
      .type = CONFIG_LIST,
      .offset = AT(dial_allow),
      .fallback = "",
      .help = "Patterns of what may be dialled, such as \"+49*\". Empty: nothing." },
    { .name = "dial.max_calls",
      .type = CONFIG_NUMBER,
      .offset = AT(dial_max_calls),
      .fallback = "2",
      .minimum = 0,
      .maximum = LIMIT_CALLS,
      .help = "Outgoing calls at once." },
    { .name = "dial.per_hour",
      .type = CONFIG_NUMBER,
      .offset = AT(dial_per_hour),
      .fallback = "30",
      .minimum = 0,
      .maximum = LIMIT_DIALS,
      .help = "Outgoing calls in an hour." },
    { .name = "control.socket",
      .reload = CONFIG_AT_RESTART,
      .offset = AT(control_socket),
      .fallback = "",
      .help = "Where offhookctl finds the daemon. Default: $RUNTIME_DIRECTORY/control, else "
              "/run/offhookd/control. A change needs a restart." },
    { .name = "state_dir",
      .reload = CONFIG_AT_RESTART,
      .offset = AT(state_dir),
      .fallback = "",
      .help = "Folder for the daemon's own files and the working folders of calls. Default: "
              "$STATE_DIRECTORY, else /var/lib/offhookd. A change needs a restart." },
    { .name = "limits.calls",
      .type = CONFIG_NUMBER,
      .offset = AT(limits_calls),
      .fallback = "32",
      .minimum = 1,
      .maximum = LIMIT_CALLS,
      .help = "Calls at once; more are answered 486." },
    { .name = "log.level",
      .offset = AT(log_level),
      .fallback = "info",
      .choices = "error warning notice info debug",
      .help = "How much is logged." },
    { .name = "log.privacy",
      .offset = AT(log_privacy),
      .fallback = "mask",
      .choices = "mask off",
      .help = "mask: numbers are logged by their last four digits." },
    { .name = "export_headers",
      .type = CONFIG_LIST,
      .offset = AT(export_headers),
      .fallback = "",
      .help = "Headers of an INVITE that hooks see, as OFFHOOK_HDR_<NAME>." },
};

_Static_assert(sizeof(rows) / sizeof(*rows) <= CONFIG_ROWS_MAX, "config.contents is too short");

const struct config_row *config_row_at(size_t index)
{
    return index < sizeof(rows) / sizeof(*rows) ? &rows[index] : NULL;
}

const struct config_row *config_row_find(const char *name)
{
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)); i++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const char *config_row_nearest(const char *name)
{
    const struct config_row *row;
    const char *nearest = rows[0].name;
    size_t least = SIZE_MAX;
    for (size_t i = 0; (row = config_row_at(i)); i++) {
        const char *dot = strrchr(row->name, '.');
        size_t whole = name_distance(name, row->name);
        size_t last = dot ? name_distance(name, dot + 1) + 1 : whole;
        size_t found = whole < last ? whole : last;
        if (found < least) {
            least = found;
            nearest = row->name;
        }
    }
    return nearest;
}
