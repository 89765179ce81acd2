// SPDX-License-Identifier: ISC
// What the values mean together: the server, the password, the folders, the ports.
#include "agent/action.h"
#include "agent/decision.h"
#include "daemon/config_private.h"
#include "daemon/config_table.h"
#include "io/file.h"
#include "io/tls_settings.h"
#include "media/codec.h"
#include "sip/parameters.h"
#include "sip/uri.h"
#include "util/encoding.h"
#include "util/limits.h"
#include "util/memory.h"
#include "util/net_address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIN_PREFIX "sha256//"
#define GROUP_CAN_READ                                                                             \
    "%s: it holds a password, and the group " CONFIG_GROUP                                         \
    " can read it: hooks of all lines and whoever may use offhookctl; put it into a file of root " \
    "alone and have systemd hand it over with LoadCredential"

enum {
    PIN_LENGTH = 44,
    PIN_SUM_BYTES = 32
};

static void take(char **field, char *value)
{
    free(*field);
    *field = value;
}

static struct slice without_brackets(struct slice host)
{
    if (host.length > 2 && host.data[0] == '[')
        return slice_make(host.data + 1, host.length - 2);
    return host;
}

static enum status check_aor(struct config *config, struct sip_uri *aor, struct config_error *error)
{
    const char *file = config->file ? config->file : "-o";
    if (!config->aor[0])
        return config_fail(error,
                           "%s: aor is missing: the address of your line, such as "
                           "aor = \"sips:alice@example.com\";",
                           file);
    if (sip_uri_parse(slice_of(config->aor), aor) != STATUS_OK ||
        (aor->scheme != SIP_SCHEME_SIP && aor->scheme != SIP_SCHEME_SIPS) || !aor->user.length)
        return config_fail(error,
                           "%s: aor \"%s\" is not a SIP address: it must look like "
                           "sips:alice@example.com",
                           file, config->aor);
    if (!config->username[0])
        take(&config->username, config_copy(aor->user));
    if (!config->name[0])
        take(&config->name, config_copy(aor->user));
    return STATUS_OK;
}

static void set_server(struct config *config, struct slice host, uint32_t port, bool is_tls)
{
    config->is_tls = is_tls;
    config->port = (uint16_t)port;
    take(&config->host, config_copy(without_brackets(host)));
    take(&config->tls_identity, config->tls_name[0] ? memory_copy_text(config->tls_name)
                                                    : config_copy(without_brackets(host)));
}

static void set_route(struct config *config, struct slice host, uint32_t port)
{
    char text[600];
    char port_text[16] = "";
    if (port)
        snprintf(port_text, sizeof(port_text), ":%u", port);
    snprintf(text, sizeof(text), "<sip:%.*s%s;transport=%s;lr>",
             (int)(host.length < 256 ? host.length : 256), host.data, port_text,
             config->is_tls ? "tls" : "tcp");
    take(&config->route, memory_copy_text(text));
}

/* host, host:port, or a SIP URI; only ;transport=tcp leaves TLS. */
static enum status check_proxy(struct config *config, const struct sip_uri *aor,
                               struct config_error *error)
{
    char text[600];
    struct sip_uri proxy;
    struct slice transport = slice_empty();
    struct slice given = slice_of(config->outbound_proxy);
    take(&config->route, memory_copy_text(""));
    if (!given.length) {
        set_server(config, aor->host, aor->port, true);
        config->has_transport = false;
        return STATUS_OK;
    }
    bool is_uri = slice_starts_with_ignoring_case(given, slice_of("sip:")) ||
                  slice_starts_with_ignoring_case(given, slice_of("sips:"));
    snprintf(text, sizeof(text), "%s%.500s", is_uri ? "" : "sip:", config->outbound_proxy);
    if (sip_uri_parse(slice_of(text), &proxy) != STATUS_OK || !proxy.host.length)
        return config_fail(error, "%s: outbound_proxy \"%s\" must be host, host:port or a SIP URI",
                           config->file ? config->file : "-o", config->outbound_proxy);
    sip_parameters_find(proxy.parameters, "transport", &transport);
    bool is_tcp = slice_equal_ignoring_case(transport, slice_of("tcp"));
    if (transport.length && !is_tcp && !slice_equal_ignoring_case(transport, slice_of("tls")))
        return config_fail(error, "outbound_proxy: transport=%.*s is not known here: tls or tcp",
                           SLICE_PRINT(transport));
    if (is_tcp && aor->scheme == SIP_SCHEME_SIPS)
        return config_fail(error, "outbound_proxy says transport=tcp, but aor is sips: take "
                                  "sip: for the aor, or TLS for the proxy");
    set_server(config, proxy.host, proxy.port, !is_tcp);
    config->has_transport = transport.length != 0;
    if (config->registration_route)
        set_route(config, proxy.host, proxy.port);
    return STATUS_OK;
}

static enum status read_secret(struct config *config, const char *path, struct config_error *error)
{
    struct buffer content;
    struct stat info;
    if (file_read(path, LIMIT_SECRET, &content) != STATUS_OK)
        return config_fail(error, "%s: the password cannot be read: %s", path, strerror(errno));
    if (stat(path, &info) == 0 && (info.st_mode & 0007)) {
        buffer_free(&content);
        return config_fail(error, "%s: others can read the password: chmod o= %s", path, path);
    }
    if (stat(path, &info) == 0 && file_is_of_group(&info, CONFIG_GROUP)) {
        buffer_free(&content);
        return config_fail(error, GROUP_CAN_READ, path);
    }
    struct slice rest;
    struct slice line = slice_cut(buffer_slice(&content), '\n', &rest);
    if (line.length && line.data[line.length - 1] == '\r')
        line.length--;
    take(&config->password, config_copy(line));
    memory_erase(content.data, content.length);
    buffer_free(&content);
    if (!config->password[0])
        return config_fail(error, "%s: there is no password on its first line", path);
    return STATUS_OK;
}

static enum status find_password(struct config *config, struct config_error *error)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[4096] = "";
    if (config->password[0] && config->file_is_open)
        return config_fail(error, "%s: it holds a password and others can read it: chmod o= %s",
                           config->file, config->file);
    if (config->password[0] && config->file_is_groups)
        return config_fail(error, GROUP_CAN_READ, config->file);
    if (folder)
        snprintf(path, sizeof(path), "%s/sip-password", folder);
    bool has_credential = path[0] && access(path, R_OK) == 0;
    take(&config->credential, memory_copy_text(has_credential ? path : ""));
    if (config->password[0])
        return STATUS_OK;
    if (config->password_file[0])
        return read_secret(config, config->password_file, error);
    if (has_credential)
        return read_secret(config, path, error);
    if (config->has_password_key || config->is_password_elsewhere)
        return STATUS_OK;
    return config_fail(error, "there is no password: put it into " SYSCONFDIR
                              "/offhookd/offhookd.secret and have systemd hand it over "
                              "(LoadCredential=sip-password:" SYSCONFDIR
                              "/offhookd/offhookd.secret), or name its file by password_file, or "
                              "set password; password = \"\"; says that the server asks for none");
}

static enum status check_ports(struct config *config, struct config_error *error)
{
    struct slice last_text;
    uint64_t first;
    uint64_t last;
    struct slice first_text = slice_cut(slice_of(config->audio_ports), '-', &last_text);
    if (!last_text.data || slice_to_number(first_text, 65535, &first) != STATUS_OK ||
        slice_to_number(last_text, 65535, &last) != STATUS_OK || first < 1024 || last <= first)
        return config_fail(error, "audio.ports \"%s\" must be FIRST-LAST, within 1024-65535",
                           config->audio_ports);
    config->first_port = (uint16_t)first;
    config->last_port = (uint16_t)last;
    return STATUS_OK;
}

static enum status check_address(const struct config *config, struct config_error *error)
{
    struct net_address address;
    if (!config->audio_address[0] ||
        net_address_parse(slice_of(config->audio_address), 0, &address) == STATUS_OK)
        return STATUS_OK;
    return config_fail(error, "audio.address \"%s\" is not an IP address", config->audio_address);
}

static enum status check_incoming(const struct config *config, struct config_error *error)
{
    struct action action = { .code = 0 };
    const char *why = "it is no decision";
    enum status status = decision_parse(slice_of(config->incoming), &action, &why);
    if (status == STATUS_UNSUPPORTED)
        why = "it begins with no decision: ring, answer, reject, redirect or ignore";
    if (status == STATUS_OK && action.kind == ACTION_ACCEPT) {
        why = "accept answers a transfer, not a call";
        status = STATUS_REFUSED;
    }
    return status == STATUS_OK ? STATUS_OK
                               : config_fail(error, "incoming \"%s\": %s", config->incoming, why);
}

static char *in_folder(const char *variable, const char *fallback, const char *name)
{
    char path[4096];
    const char *folder = getenv(variable);
    snprintf(path, sizeof(path), "%s%s", folder && folder[0] ? folder : fallback, name);
    return memory_copy_text(path);
}

static enum status check_folders(struct config *config, struct config_error *error)
{
    if (!config->state_dir[0])
        take(&config->state_dir, in_folder("STATE_DIRECTORY", "/var/lib/offhookd", ""));
    if (!config->control_socket[0])
        take(&config->control_socket, in_folder("RUNTIME_DIRECTORY", "/run/offhookd", "/control"));
    const char *const paths[][2] = { { "state_dir", config->state_dir },
                                     { "control.socket", config->control_socket },
                                     { "hooks.dir", config->hooks_dir } };
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        if (paths[i][1][0] != '/')
            return config_fail(error, "%s \"%s\" must be an absolute path", paths[i][0],
                               paths[i][1]);
    if (!config->tls_cert_file[0] != !config->tls_key_file[0])
        return config_fail(error, "tls.cert_file and tls.key_file must be given together");
    return STATUS_OK;
}

/* FNV-1a: enough to see that a file of our own has changed. */
static uint64_t sum_of(struct slice text)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < text.length; i++)
        sum = (sum ^ (uint8_t)text.data[i]) * 1099511628211u;
    return sum;
}

static enum status read_contents(struct config *config, const struct config_row *row, size_t index,
                                 struct config_error *error)
{
    const char *path = *(char **)((char *)config + row->offset);
    struct buffer content;
    if (!path[0])
        return STATUS_OK;
    if (file_read(path, LIMIT_CERTIFICATES, &content) != STATUS_OK)
        return config_fail(error, "%s: %s cannot be read: %s", row->name, path, strerror(errno));
    config->contents[index] = sum_of(buffer_slice(&content));
    memory_erase(content.data, content.length);
    buffer_free(&content);
    return STATUS_OK;
}

static enum status check_files(struct config *config, struct config_error *error)
{
    const struct config_row *row;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && (row = config_row_at(i)); i++)
        if (row->is_file)
            status = read_contents(config, row, i, error);
    return status;
}

/* As `curl --pinnedpubkey` takes them: the SHA-256 of a SubjectPublicKeyInfo. */
static enum status check_pins(const struct config *config, struct config_error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < config->tls_pin.count; i++) {
        struct slice pin = slice_of(config->tls_pin.items[i]);
        struct slice sum = slice_skip(pin, slice_of(PIN_PREFIX).length);
        struct buffer bytes;
        buffer_init(&bytes, LIMIT_CERTIFICATE_NAME);
        bool is_right = slice_starts_with(pin, slice_of(PIN_PREFIX)) && sum.length == PIN_LENGTH &&
                        encoding_decode_base64(sum, &bytes) == STATUS_OK &&
                        bytes.length == PIN_SUM_BYTES;
        buffer_free(&bytes);
        if (!is_right)
            status = config_fail(error,
                                 "tls.pin \"%s\" must be " PIN_PREFIX " and 44 letters of base64: "
                                 "see offhookd.conf(5) for how to make it",
                                 config->tls_pin.items[i]);
    }
    return status;
}

static enum status check_certificates(const struct config *config, struct config_error *error)
{
    const struct tls_settings settings = {
        .ca_file = config->tls_ca_file,
        .crl_file = config->tls_crl_file,
        .cert_file = config->tls_cert_file,
        .key_file = config->tls_key_file,
    };
    bool has_files = config->tls_ca_file[0] || config->tls_crl_file[0] || config->tls_cert_file[0];
    if (has_files && !tls_settings_check_files(&settings, error->text, sizeof(error->text)))
        return STATUS_REFUSED;
    return STATUS_OK;
}

static enum status check_codecs(const struct config *config, struct config_error *error)
{
    for (size_t i = 0; i < config->audio_codecs.count; i++)
        if (codec_is_available(codec_from_name(slice_of(config->audio_codecs.items[i]))))
            return STATUS_OK;
    return config_fail(error, "audio.codecs: this build has none of them; offhookd --version says "
                              "which it has");
}

enum status config_finish(struct config *config, struct config_error *error)
{
    struct sip_uri aor;
    enum status status = check_aor(config, &aor, error);
    if (status == STATUS_OK)
        status = check_proxy(config, &aor, error);
    if (status == STATUS_OK)
        status = check_ports(config, error);
    if (status == STATUS_OK)
        status = check_address(config, error);
    if (status == STATUS_OK)
        status = check_codecs(config, error);
    if (status == STATUS_OK)
        status = check_incoming(config, error);
    if (status == STATUS_OK)
        status = check_folders(config, error);
    if (status == STATUS_OK)
        status = check_files(config, error);
    if (status == STATUS_OK)
        status = check_certificates(config, error);
    if (status == STATUS_OK)
        status = check_pins(config, error);
    if (status == STATUS_OK)
        status = find_password(config, error);
    return status;
}
