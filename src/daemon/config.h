// SPDX-License-Identifier: ISC
// The configuration as values: from the file, from -o KEY=VALUE, from systemd's directories and
// credentials.
#pragma once

#include "util/status.h"
#include "util/time_ms.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum {
    CONFIG_ROWS_MAX = 96
};

struct config_list {
    char **items;
    size_t count;
};

struct config {
    char *aor;
    char *username;
    char *password;
    char *password_file;
    char *outbound_proxy;
    char *name;
    char *incoming;
    uint32_t registration_expires;
    uint32_t registration_keepalive;
    uint32_t registration_retry;
    uint32_t registration_spread;
    bool registration_outbound;
    bool registration_route;
    char *registration_gruu;
    char *registration_follow_nat;
    bool auth_allow_md5;
    bool auth_in_dialog;
    struct config_list auth_realm;
    char *tls_ca_file;
    char *tls_crl_file;
    char *tls_cert_file;
    char *tls_key_file;
    char *tls_name;
    bool tls_wildcard;
    struct config_list tls_pin;
    char *hooks_dir;
    uint32_t hooks_decide;
    uint32_t hooks_linger;
    uint32_t hooks_max;
    uint32_t audio_rate;
    uint32_t audio_grace;
    struct config_list audio_codecs;
    char *audio_ports;
    char *audio_address;
    char *audio_srtp;
    struct config_list dial_allow;
    uint32_t dial_max_calls;
    uint32_t dial_per_hour;
    char *control_socket;
    char *state_dir;
    uint32_t limits_calls;
    char *log_level;
    char *log_privacy;
    struct config_list export_headers;

    // Derived by config_finish.
    char *host;    // of the outbound proxy, else of the aor
    uint16_t port; // 0: not given
    bool is_tls;
    bool has_transport; // given by the user
    char *tls_identity; // whose certificate it must be
    char *route;        // Route value to the outbound proxy, or ""
    char *credential;   // the path of the systemd credential, or ""
    uint16_t first_port;
    uint16_t last_port;
    uid_t owner;                // of the file
    bool file_is_groups;        // the group of those who use offhookctl may read the file
    bool file_is_open;          // others than owner and group may read the file
    bool is_password_elsewhere; // it is not looked for: `--check` outside the unit
    bool has_password_key;      // also an empty one: then it is meant
    char *file;
    uint64_t contents[CONFIG_ROWS_MAX]; // of files that rows name, as a sum; 0 for other rows
};

struct config_error {
    char text[1024]; // one line: what is wrong, where, what to do
};

// The last attempt to reload has failed: `text` says why, "" when it has not.
struct config_trouble {
    struct config_error error;
    time_ms since;
    uint32_t refusals; // so far
};

// Where the configuration comes from; borrowed for the life of the daemon.
struct config_source {
    const char *file;
    const char *const *assignments; // of -o, on top of the file
    size_t assignment_count;
    const char *credential; // what systemd would hand over, for --check; NULL: nothing
};

// The whole way from `source` to values that are checked. NULL with *error filled when anything is
// wrong.
struct config *config_obtain(const struct config_source *source, struct config_error *error);
// All defaults.
struct config *config_new(void);
// REFUSED with *error filled when anything in the file is wrong.
MUST_USE enum status config_load(struct config *config, const char *path,
                                 struct config_error *error);
// "tls.wildcard=true", from -o.
MUST_USE enum status config_set(struct config *config, const char *assignment,
                                struct config_error *error);
// Checks what concerns several keys, reads the password, fills what is derived.
MUST_USE enum status config_finish(struct config *config, struct config_error *error);
// The sample file: every key with its help and default.
void config_write_sample(FILE *file);
// Erases the password.
void config_free(struct config *config);
