// SPDX-License-Identifier: ISC
#include "daemon/settings.h"

#include "agent/decision.h"
#include "io/child_cage.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KILL_MS = 5000,
    PATH_BYTES = 4096
};

static bool is_listed(const struct agent_settings *settings, enum codec codec)
{
    for (size_t i = 0; i < settings->codec_count; i++)
        if (settings->codecs[i] == codec)
            return true;
    return false;
}

/* What this build cannot do is left out (--version and --check say so). */
static void read_codecs(struct agent_settings *settings, const struct config *config)
{
    size_t maximum = sizeof(settings->codecs) / sizeof(*settings->codecs);
    for (size_t i = 0; i < config->audio_codecs.count && settings->codec_count < maximum; i++) {
        enum codec codec = codec_from_name(slice_of(config->audio_codecs.items[i]));
        if (codec_is_available(codec) && !is_listed(settings, codec))
            settings->codecs[settings->codec_count++] = codec;
    }
}

/* Whoever reads the signalling has the keys: over plain TCP only when told to. */
static enum sdp_srtp srtp_of(const struct config *config)
{
    struct slice text = slice_of(config->audio_srtp);
    if (slice_equal(text, slice_of("required")))
        return SDP_SRTP_REQUIRED;
    if (slice_equal(text, slice_of("opportunistic")))
        return SDP_SRTP_OPPORTUNISTIC;
    bool is_auto = slice_equal(text, slice_of("auto"));
    return is_auto && config->is_tls ? SDP_SRTP_OPPORTUNISTIC : SDP_SRTP_OFF;
}

static enum agent_choice choice_of(const char *text)
{
    if (slice_equal(slice_of(text), slice_of("on")))
        return AGENT_ALWAYS;
    return slice_equal(slice_of(text), slice_of("off")) ? AGENT_NEVER : AGENT_AUTO;
}

static void fill_agent(const struct config *config, struct agent_settings *settings)
{
    const char *why;
    *settings = (struct agent_settings){
        .line = config->name,
        .aor = config->aor,
        .username = config->username,
        .password = config->password,
        .realms = (const char *const *)config->auth_realm.items,
        .realm_count = config->auth_realm.count,
        .route = config->route,
        .allow_md5 = config->auth_allow_md5,
        .auth_in_dialog = config->auth_in_dialog,
        .dial_allow = (const char *const *)config->dial_allow.items,
        .dial_allow_count = config->dial_allow.count,
        .dial_max_calls = config->dial_max_calls,
        .dial_per_hour = config->dial_per_hour,
        .logs_numbers = slice_equal(slice_of(config->log_privacy), slice_of("off")),
        .expires_s = config->registration_expires,
        .retry_base_ms = config->registration_retry * 1000,
        .start_jitter_ms = config->registration_spread * 1000,
        .gruu = choice_of(config->registration_gruu),
        .follow_nat = choice_of(config->registration_follow_nat),
        .calls_max = config->limits_calls,
        .export_headers = (const char *const *)config->export_headers.items,
        .export_header_count = config->export_headers.count,
    };
    if (decision_parse(slice_of(config->incoming), &settings->incoming, &why) != STATUS_OK)
        abort(); /* config_finish has checked it */
    read_codecs(settings, config);
    settings->srtp = srtp_of(config);
}

static void fill_link(const struct config *config, struct sip_link_settings *settings)
{
    *settings = (struct sip_link_settings){
        .link = { .server = { config->host, config->port, config->is_tls, config->has_transport },
                  .keepalive_ms = config->registration_keepalive * 1000,
                  .retry_base_ms = config->registration_retry * 1000 },
        .tls = {
            .name = config->tls_identity,
            .allow_wildcard = config->tls_wildcard,
            .pins = (const char *const *)config->tls_pin.items,
            .pin_count = config->tls_pin.count,
            .ca_file = config->tls_ca_file,
            .crl_file = config->tls_crl_file,
            .cert_file = config->tls_cert_file,
            .key_file = config->tls_key_file,
        },
    };
}

static void fill_media(const struct config *config, struct media_ports_settings *settings)
{
    *settings = (struct media_ports_settings){
        .first_port = config->first_port,
        .last_port = config->last_port,
        .program_rate = config->audio_rate,
        .grace_ms = config->audio_grace * 1000,
        .linger_ms = (time_ms)config->hooks_linger * 1000,
    };
}

static void fill_hooks(const struct config *config, struct hook_settings *settings)
{
    *settings = (struct hook_settings){
        .decide_ms = (time_ms)config->hooks_decide * 1000,
        .linger_ms = (time_ms)config->hooks_linger * 1000,
        .kill_ms = KILL_MS,
        .alive_max = config->hooks_max,
    };
}

/* `name` may be a pattern; the folder is that of `path`. */
static char *beside(const char *prefix, const char *path, const char *name)
{
    struct buffer text;
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) : 1;
    buffer_init(&text, PATH_BYTES);
    buffer_append_format(&text, "%s%.*s/%s", prefix, length, slash ? path : ".", name);
    buffer_append_byte(&text, '\0');
    char *copy = memory_copy_text(text.data);
    buffer_free(&text);
    return copy;
}

static bool is_ours(const char *path)
{
    char *end = beside("", path, "");
    bool ours = slice_ends_with(slice_of(end), slice_of("/offhookd/"));
    free(end);
    return ours;
}

/* The files that hold the password and our TLS key, and what other lines have beside us: their
 * configurations and passwords in a folder `offhookd`, their state in folders offhookd*. */
static void fill_hidden(const struct config *config, char **hidden)
{
    bool is_in_file = config->password[0] && !config->password_file[0] && !config->credential[0];
    const char *const secrets[] = { config->password_file, config->credential, config->tls_key_file,
                                    is_in_file ? config->file : NULL };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
        if (secrets[i] && secrets[i][0])
            hidden[count++] = memory_copy_text(secrets[i]);
    if (config->file && is_ours(config->file)) {
        hidden[count++] = beside("", config->file, "*.conf");
        hidden[count++] = beside("", config->file, "*.secret");
        hidden[count++] = beside("!", config->file, strrchr(config->file, '/') + 1);
    }
    const char *state = strrchr(config->state_dir, '/');
    if (state && slice_starts_with(slice_of(state), slice_of("/offhookd"))) {
        hidden[count++] = beside("", config->state_dir, "offhookd*");
        hidden[count++] = beside("!", config->state_dir, state + 1);
    }
    hidden[count] = NULL;
}

static void warn_of_doubts(const char *const *hidden)
{
    char sentence[PATH_BYTES];
    struct child_cage *cage = child_cage_new();
    bool is_possible = child_cage_around(cage, hidden) >= 0;
    child_cage_free(cage);
    if (!is_possible) {
        LOG(WARNING, "this kernel has no Landlock: hooks can read the password");
        return;
    }
    for (size_t i = 0; child_cage_doubt(hidden, i, sentence, sizeof(sentence)); i++)
        LOG(WARNING, "hooks and the files that are hidden from them", TEXT("why", sentence));
}

struct settings *settings_new(struct config *config, const char *instance_id)
{
    struct settings *settings = memory_new(sizeof(*settings));
    settings->config = config;
    fill_agent(config, &settings->agent);
    settings->agent.instance_id = config->registration_outbound ? instance_id : "";
    fill_link(config, &settings->link);
    settings->own_certificate_expires = tls_settings_own_expires(&settings->link.tls);
    fill_media(config, &settings->media);
    fill_hooks(config, &settings->hooks);
    fill_hidden(config, settings->hidden);
    warn_of_doubts((const char *const *)settings->hidden);
    settings->runner = (struct hook_runner_settings){
        .folder = config->hooks_dir,
        .owner = config->owner,
        .hidden = (const char *const *)settings->hidden,
    };
    settings->environment = (struct hook_environment_settings){
        .bindir = BINDIR,
        .socket = config->control_socket,
        .state_dir = config->state_dir,
        .rate = config->audio_rate,
    };
    settings->rehearsals = (struct rehearsals_settings){
        .queue = settings->hooks,
        .runner = settings->runner,
        .environment = settings->environment,
        .state_dir = config->state_dir,
    };
    return settings;
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    for (char **path = settings->hidden; *path; path++)
        free(*path);
    config_free(settings->config);
    free(settings);
}
