// SPDX-License-Identifier: ISC
// The configuration: every default is valid, bad input gets one line that says what, where and what
// to do (threat H14).
#include "daemon/config.h"
#include "daemon/config_table.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/offhook-config-XXXXXX";

static void write_file(const char *text, mode_t mode)
{
    memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
    fchmod(fd, mode);
    close(fd);
}

static enum status load(const char *text, mode_t mode, struct config **config,
                        struct config_error *error)
{
    write_file(text, mode);
    *config = config_new();
    (*config)->is_password_elsewhere = true; /* a test of its own: the_password_must_be_somewhere */
    enum status status = config_load(*config, path, error);
    if (status == STATUS_OK)
        status = config_finish(*config, error);
    unlink(path);
    return status;
}

#define AOR "aor = \"sips:alice@example.com\";\n"

static const struct {
    const char *text;
    const char *complaint; // part of the one line
} bad[] = {
    { "", "aor is missing" },
    { "aor = \"alice\";", "not a SIP address" },
    { "aor = \"tel:+49\";", "not a SIP address" },
    { "aor = \"sip:example.com\";", "not a SIP address" },
    { "aor = \"sips:alice@\";", "not a SIP address" },
    { "aor = 5;", "must be a text" },
    { "aor = true;", "must be a text" },
    { "aor = [ \"a\" ];", "must be a text" },
    { AOR "aors = \"x\";", "did you mean aor?" },
    { AOR "usrname = \"x\";", "did you mean username?" },
    { AOR "expires = 60;", "did you mean registration.expires?" },
    { AOR "registration = { expire = 60; };", "did you mean registration.expires?" },
    { AOR "registration = { expires = 5; };", "10 to 86400" },
    { AOR "registration = { expires = 90000; };", "10 to 86400" },
    { AOR "registration = { expires = \"60\"; };", "must be a whole number" },
    { AOR "registration = { expires = 6.5; };", "must be a whole number" },
    { AOR "registration = 5;", "there is no key registration" },
    { AOR "registration = { keepalive = 0; };", "1 to 3600" },
    { AOR "auth = { allow_md5 = 1; };", "true or false" },
    { AOR "auth = { allow_md5 = \"yes\"; };", "true or false" },
    { AOR "tls = { wildcrad = true; };", "did you mean tls.wildcard?" },
    { AOR "tls = { cert_file = \"/x\"; };", "must be given together" },
    { AOR "tls = { key_file = \"/x\"; };", "must be given together" },
    { AOR "tls = { crl_file = \"/nonexistent\"; };", "tls.crl_file" },
    { AOR "tls = { crl_file = \"/etc/passwd\"; };", "tls.crl_file" },
    { AOR "tls = { pin = \"sha256//x\"; };", "list of texts" },
    { AOR "tls = { pin = [ \"\" ]; };", "sha256// and 44 letters" },
    { AOR "tls = { pin = [ \"sha256//AAAA\" ]; };", "offhookd.conf(5)" },
    { AOR "tls = { pin = [ \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" ]; };", "sha256//" },
    { AOR "tls = { pin = [ \"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!A=\" ]; };",
      "44 letters" },
    { AOR "tls = { pin = [ \"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\", \"x\" ]; };",
      "tls.pin \"x\"" },
    { AOR "hooks = { decide = 0; };", "1 to 180" },
    { AOR "hooks = { max = 10001; };", "1 to 10000" },
    { AOR "hooks = { dir = \"hooks\"; };", "absolute path" },
    { AOR "audio = { rate = 44100; };", "8000 16000 24000 48000" },
    { AOR "audio = { codecs = [ \"G729\" ]; };", "opus G722 PCMA PCMU L16" },
    { AOR "audio = { codecs = \"PCMA\"; };", "list of texts" },
    { AOR "audio = { codecs = ( 5 ); };", "list of texts" },
    { AOR "audio = { ports = \"5\"; };", "FIRST-LAST" },
    { AOR "audio = { ports = \"9-8\"; };", "FIRST-LAST" },
    { AOR "audio = { ports = \"20000-19999\"; };", "FIRST-LAST" },
    { AOR "audio = { ports = \"80-90\"; };", "FIRST-LAST" },
    { AOR "audio = { ports = \"a-b\"; };", "FIRST-LAST" },
    { AOR "audio = { address = \"here\"; };", "not an IP address" },
    { AOR "audio = { srtp = \"on\"; };", "not one of: auto off opportunistic required" },
    { AOR "control = { socket = \"x\"; };", "absolute path" },
    { AOR "state_dir = \"x\";", "absolute path" },
    { AOR "limits = { calls = 0; };", "1 to 10000" },
    { AOR "limits = { calls = 10001; };", "1 to 10000" },
    { AOR "log = { level = \"loud\"; };", "not one of" },
    { AOR "log = { privacy = \"no\"; };", "not one of" },
    { AOR "incoming = \"accept\";", "transfer" },
    { AOR "incoming = \"dance\";", "no decision" },
    { AOR "incoming = \"answer cat\";", "absolute path" },
    { AOR "incoming = \"reject 200\";", "400 to 699" },
    { AOR "incoming = \"redirect\";", "URI" },
    { AOR "incoming = \"\";", "no decision" },
    { AOR "outbound_proxy = \"a b\";", "host, host:port" },
    { AOR "outbound_proxy = \"sip:p;transport=udp\";", "tls or tcp" },
    { AOR "outbound_proxy = \"sip:p;transport=tcp\";", "sips" },
    { AOR "name = \"a\\nb\";", "control characters" },
    { AOR "password_file = \"/nonexistent/x\";", "cannot be read" },
    { AOR "x", "syntax error" },
    { AOR "hooks = {", "syntax error" },
    { "aor = \"unclosed", "syntax error" },
    { AOR "aor = \"again\";", "duplicate" },
};

START_TEST(every_mistake_gets_one_line_that_tells_it)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct config *config;
        struct config_error error = { "" };
        enum status status = load(bad[i].text, 0600, &config, &error);
        ck_assert_msg(status == STATUS_REFUSED, "row %zu was taken: %s", i, bad[i].text);
        ck_assert_msg(strstr(error.text, bad[i].complaint) != NULL,
                      "row %zu: \"%s\" is not in \"%s\"", i, bad[i].complaint, error.text);
        ck_assert(strchr(error.text, '\n') == NULL);
        config_free(config);
    }
}
END_TEST

START_TEST(errors_name_file_and_line)
{
    struct config *config;
    struct config_error error;
    char place[64];
    ck_assert_int_eq(load(AOR "\n\nfoo = 1;\n", 0600, &config, &error), STATUS_REFUSED);
    snprintf(place, sizeof(place), "%s:4: ", path);
    ck_assert_msg(strstr(error.text, place) == error.text, "%s", error.text);
    config_free(config);
}
END_TEST

START_TEST(defaults_are_filled_from_the_aor)
{
    struct config *config;
    struct config_error error;
    ck_assert_int_eq(load("aor = \"sips:bob@example.net:5999\";", 0600, &config, &error),
                     STATUS_OK);
    ck_assert_str_eq(config->username, "bob");
    ck_assert_str_eq(config->name, "bob");
    ck_assert_str_eq(config->host, "example.net");
    ck_assert_uint_eq(config->port, 5999);
    ck_assert(config->is_tls);
    ck_assert_str_eq(config->tls_identity, "example.net");
    ck_assert_str_eq(config->incoming, "reject 480");
    ck_assert_str_eq(config->route, "");
    ck_assert_uint_eq(config->first_port, 16384);
    config_free(config);
}
END_TEST

/* One text, a list, or what -o says: a realm may have spaces. */
static const struct {
    const char *text;
    const char *assignment; // by -o; NULL: none
    size_t count;
    const char *realms[2];
} realm_lists[] = {
    { "", NULL, 0, { NULL } },
    { "auth = { realm = \"\"; };", NULL, 0, { NULL } },
    { "auth = { realm = \"My PBX, 2\"; };", NULL, 1, { "My PBX, 2" } },
    { "auth = { realm = [ \"a b\", \"c\" ]; };", NULL, 2, { "a b", "c" } },
    { "auth = { realm = ( \"a\", \"c\" ); };", NULL, 2, { "a", "c" } },
    { "auth = { realm = \"x\"; };", "auth.realm=a b, c", 2, { "a b", "c" } },
    { "auth = { realm = \"x\"; };", "auth.realm=", 0, { NULL } },
};

START_TEST(a_realm_is_a_text_or_a_list)
{
    for (size_t i = 0; i < sizeof(realm_lists) / sizeof(*realm_lists); i++) {
        char text[256];
        struct config *config;
        struct config_error error = { "" };
        snprintf(text, sizeof(text), AOR "%s", realm_lists[i].text);
        ck_assert_msg(load(text, 0600, &config, &error) == STATUS_OK, "%s", error.text);
        if (realm_lists[i].assignment)
            ck_assert_int_eq(config_set(config, realm_lists[i].assignment, &error), STATUS_OK);
        ck_assert_msg(config->auth_realm.count == realm_lists[i].count, "row %zu", i);
        for (size_t j = 0; j < realm_lists[i].count; j++)
            ck_assert_str_eq(config->auth_realm.items[j], realm_lists[i].realms[j]);
        config_free(config);
    }
}
END_TEST

static const struct {
    const char *proxy;
    const char *host;
    unsigned port;
    bool is_tls;
} proxies[] = {
    { "proxy.example", "proxy.example", 0, true },
    { "proxy.example:5071", "proxy.example", 5071, true },
    { "192.0.2.1", "192.0.2.1", 0, true },
    { "[2001:db8::1]:5062", "2001:db8::1", 5062, true },
    { "sip:proxy.example;transport=tls", "proxy.example", 0, true },
    { "sip:proxy.example;transport=tcp", "proxy.example", 0, false },
    { "sips:proxy.example:5063", "proxy.example", 5063, true },
};

START_TEST(the_outbound_proxy_names_the_server)
{
    for (size_t i = 0; i < sizeof(proxies) / sizeof(*proxies); i++) {
        char text[256];
        struct config *config;
        struct config_error error;
        snprintf(text, sizeof(text), "aor = \"sip:a@b.example\"; outbound_proxy = \"%s\";",
                 proxies[i].proxy);
        ck_assert_msg(load(text, 0600, &config, &error) == STATUS_OK, "%s", error.text);
        ck_assert_str_eq(config->host, proxies[i].host);
        ck_assert_uint_eq(config->port, proxies[i].port);
        ck_assert(config->is_tls == proxies[i].is_tls);
        ck_assert(strstr(config->route, ";lr>") != NULL);
        config_free(config);
    }
}
END_TEST

START_TEST(the_route_can_be_left_out)
{
    struct config *config;
    struct config_error error;
    ck_assert(load("aor = \"sip:a@b.example\"; outbound_proxy = \"p.example\"; "
                   "registration: { route = false; };",
                   0600, &config, &error) == STATUS_OK);
    ck_assert_str_eq(config->host, "p.example");
    ck_assert_str_eq(config->route, "");
    config_free(config);
}
END_TEST

START_TEST(a_password_that_others_can_read_is_refused)
{
    struct config *config;
    struct config_error error;
    ck_assert_int_eq(load(AOR "password = \"x\";", 0644, &config, &error), STATUS_REFUSED);
    ck_assert(strstr(error.text, "chmod") != NULL);
    config_free(config);
    ck_assert_int_eq(load(AOR "password = \"x\";", 0640, &config, &error), STATUS_OK);
    ck_assert_str_eq(config->password, "x");
    config_free(config);
    ck_assert_int_eq(load(AOR, 0644, &config, &error), STATUS_OK);
    config_free(config);
}
END_TEST

START_TEST(the_password_must_be_somewhere)
{
    static const char *const ways[] = { "LoadCredential", "password_file", "password = \"\";" };
    struct config_error error;
    struct config *config = config_new();
    ck_assert_int_eq(config_set(config, "aor=sips:a@b.example", &error), STATUS_OK);
    ck_assert_int_eq(config_finish(config, &error), STATUS_REFUSED);
    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(strstr(error.text, ways[i]), "%s", error.text);
    ck_assert_int_eq(config_set(config, "password=", &error), STATUS_OK); /* so many words */
    ck_assert_int_eq(config_finish(config, &error), STATUS_OK);
    ck_assert_str_eq(config->password, "");
    config_free(config);
}
END_TEST

START_TEST(what_a_file_refuses_the_command_line_refuses_too)
{
    static const char *const wrong[] = {
        "audio.codecs=FOO",      "audio.codecs=PCMA FOO", "audio.codecs=PCMA,FOO",
        "audio.rate=12345",      "audio.rate=x",          "audio.rate=-1",
        "log.level=loud",        "tls.wildcard=yes",      "tls.wildcard=",
        "registration.expires=", "limits.calls=0",        "auth.realm=a\x01b",
        "hooks.decide=99999999", "no.such=key",           "audio.srtp=maybe",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct config_error error = { "" };
        struct config *config = config_new();
        ck_assert_msg(config_set(config, wrong[i], &error) != STATUS_OK, "%s", wrong[i]);
        ck_assert_msg(error.text[0] && strchr(error.text, '\n') == NULL, "%s", wrong[i]);
        config_free(config);
    }
}
END_TEST

START_TEST(the_password_file_gives_its_first_line)
{
    struct config_error error;
    char assignment[128];
    write_file("top secret\r\nmore\n", 0600);
    snprintf(assignment, sizeof(assignment), "password_file=%s", path);
    struct config *config = config_new();
    ck_assert_int_eq(config_set(config, "aor=sips:a@b.example", &error), STATUS_OK);
    ck_assert_int_eq(config_set(config, assignment, &error), STATUS_OK);
    ck_assert_int_eq(config_finish(config, &error), STATUS_OK);
    ck_assert_str_eq(config->password, "top secret");
    chmod(path, 0644);
    ck_assert_int_eq(config_finish(config, &error), STATUS_OK); /* it has been read */
    config_free(config);
    unlink(path);
}
END_TEST

START_TEST(a_folder_or_pipe_is_no_configuration)
{
    struct config_error error;
    struct config *config = config_new();
    ck_assert_int_eq(config_load(config, "/tmp", &error), STATUS_REFUSED);
    ck_assert_int_eq(config_load(config, "/dev/null", &error), STATUS_REFUSED);
    ck_assert_int_eq(config_load(config, "/nonexistent", &error), STATUS_REFUSED);
    config_free(config);
}
END_TEST

static const struct {
    const char *assignment;
    bool is_fine;
} assignments[] = {
    { "tls.wildcard=true", true }, { "tls.wildcard=yes", false },
    { "tls.wildcard", false },     { "=x", false },
    { "hooks.max=5", true },       { "hooks.max=five", false },
    { "hooks.max=0", false },      { "audio.codecs=PCMU", true },
    { "nothing=1", false },        { "log.level=debug", true },
    { "log.level=all", false },    { "name=", true },
    { "audio.rate=48000", true },  { "audio.rate=11025", false },
};

START_TEST(every_key_can_be_set_from_the_command_line)
{
    for (size_t i = 0; i < sizeof(assignments) / sizeof(*assignments); i++) {
        struct config *config = config_new();
        struct config_error error;
        ck_assert_msg((config_set(config, assignments[i].assignment, &error) == STATUS_OK) ==
                          assignments[i].is_fine,
                      "%s", assignments[i].assignment);
        config_free(config);
    }
}
END_TEST

START_TEST(the_sample_is_itself_valid_and_names_every_key)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    config_write_sample(file);
    fclose(file);
    const struct config_row *row;
    for (size_t i = 0; (row = config_row_at(i)); i++) {
        const char *dot = strrchr(row->name, '.');
        char key[80];
        snprintf(key, sizeof(key), "#%s = ", dot ? dot + 1 : row->name);
        ck_assert_msg(strstr(text, key) != NULL, "%s", key);
    }
    struct config_error error;
    write_file(text, 0600);
    struct config *config = config_new();
    ck_assert_msg(config_load(config, path, &error) == STATUS_OK, "%s", error.text);
    config_free(config);
    unlink(path);
    free(text);
}
END_TEST

SUITE_MAIN("daemon/config", every_mistake_gets_one_line_that_tells_it, errors_name_file_and_line,
           defaults_are_filled_from_the_aor, a_realm_is_a_text_or_a_list,
           the_outbound_proxy_names_the_server, the_route_can_be_left_out,
           a_password_that_others_can_read_is_refused, the_password_must_be_somewhere,
           what_a_file_refuses_the_command_line_refuses_too, the_password_file_gives_its_first_line,
           a_folder_or_pipe_is_no_configuration, every_key_can_be_set_from_the_command_line,
           the_sample_is_itself_valid_and_names_every_key)
