// SPDX-License-Identifier: ISC
// Cuts the values of WWW-Authenticate and Proxy-Authenticate into challenges. A part that breaks
// the grammar spoils the challenge it stands in, never its neighbours (threat S12). Which challenge
// is answered is digest.c's choice.
#include "sip/challenge.h"

#include "util/limits.h"

enum parameter_bit {
    SEEN_REALM = 1,
    SEEN_NONCE = 2,
    SEEN_OPAQUE = 4,
    SEEN_ALGORITHM = 8,
    SEEN_QOP = 16,
    SEEN_STALE = 32
};

struct reader {
    struct arena *arena;
    struct slice rest;
    struct sip_challenge *current; // NULL in front of the first
    unsigned int seen;             // parameters of the current one
};

static bool is_linear_space(char byte)
{
    return ascii_is_blank(byte) || byte == '\r' || byte == '\n';
}

// RFC 3261 25.1 token.
static bool is_token(char byte)
{
    return ascii_is_letter(byte) || ascii_is_digit(byte) ||
           (byte != '\0' && strchr("-.!%*_+`'~", byte) != NULL);
}

static void skip_space(struct slice *rest)
{
    while (rest->length && is_linear_space(rest->data[0]))
        *rest = slice_skip(*rest, 1);
}

static void skip_space_and_commas(struct slice *rest)
{
    while (rest->length && (is_linear_space(rest->data[0]) || rest->data[0] == ','))
        *rest = slice_skip(*rest, 1);
}

static struct slice take_token(struct slice *rest)
{
    size_t length = 0;
    while (length < rest->length && is_token(rest->data[length]))
        length++;
    struct slice token = slice_first(*rest, length);
    *rest = slice_skip(*rest, length);
    return token;
}

// What stands between the quotes, escapes kept. False when the closing quote is missing.
static bool take_quoted(struct slice *rest, struct slice *text)
{
    struct slice inner = slice_skip(*rest, 1);
    for (size_t i = 0; i < inner.length; i++) {
        if (inner.data[i] == '\\') {
            i++;
        } else if (inner.data[i] == '"') {
            *text = slice_first(inner, i);
            *rest = slice_skip(inner, i + 1);
            return true;
        }
    }
    return false;
}

// An unquoted value: up to a comma or white space, so that a nonce with "/" or "=" survives.
static bool take_bare(struct slice *rest, struct slice *text)
{
    size_t length = 0;
    while (length < rest->length && rest->data[length] != ',' && rest->data[length] != '"' &&
           !is_linear_space(rest->data[length]))
        length++;
    *text = slice_first(*rest, length);
    *rest = slice_skip(*rest, length);
    return length != 0;
}

// Behind the next comma that is not quoted.
static void skip_element(struct slice *rest)
{
    struct slice ignored;
    while (rest->length && rest->data[0] != ',') {
        if (rest->data[0] == '"') {
            if (!take_quoted(rest, &ignored))
                *rest = slice_skip(*rest, rest->length);
        } else {
            *rest = slice_skip(*rest, 1);
        }
    }
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (ascii_is_control(text.data[i]))
            return true;
    return false;
}

static struct slice without_escapes(struct arena *arena, struct slice text)
{
    size_t ignored;
    if (!slice_find(text, '\\', &ignored))
        return text;
    char *copy = arena_allocate(arena, text.length);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\\' && i + 1 < text.length)
            i++;
        copy[length++] = text.data[i];
    }
    return slice_make(copy, length);
}

struct algorithm_name {
    struct slice name;
    enum digest_algorithm algorithm;
    bool is_session;
};

static const struct algorithm_name algorithm_names[] = {
    { SLICE_LITERAL("MD5"), DIGEST_MD5, false },
    { SLICE_LITERAL("MD5-sess"), DIGEST_MD5, true },
    { SLICE_LITERAL("SHA-256"), DIGEST_SHA256, false },
    { SLICE_LITERAL("SHA-256-sess"), DIGEST_SHA256, true },
    { SLICE_LITERAL("SHA-512-256"), DIGEST_SHA512_256, false },
    { SLICE_LITERAL("SHA-512-256-sess"), DIGEST_SHA512_256, true },
};

static void set_algorithm(struct sip_challenge *challenge, struct slice text)
{
    challenge->has_algorithm = true;
    challenge->algorithm_text = text;
    challenge->algorithm = DIGEST_UNKNOWN;
    for (size_t i = 0; i < sizeof(algorithm_names) / sizeof(*algorithm_names); i++) {
        if (!slice_equal_ignoring_case(text, algorithm_names[i].name))
            continue;
        challenge->algorithm = algorithm_names[i].algorithm;
        challenge->is_session = algorithm_names[i].is_session;
    }
}

// An empty list counts as none: there is nothing in it to be chosen.
static void set_qop(struct sip_challenge *challenge, struct slice text)
{
    while (text.data && text.length) {
        struct slice option = slice_trim(slice_cut(text, ',', &text));
        if (slice_is_empty(option))
            continue;
        challenge->has_qop = true;
        if (slice_equal_ignoring_case(option, slice_of("auth")))
            challenge->has_qop_auth = true;
        if (slice_equal_ignoring_case(option, slice_of("auth-int")))
            challenge->has_qop_auth_int = true;
    }
}

static unsigned int parameter_bit(struct slice name)
{
    static const struct {
        const char *name;
        enum parameter_bit bit;
    } rows[] = {
        { "realm", SEEN_REALM },         { "nonce", SEEN_NONCE }, { "opaque", SEEN_OPAQUE },
        { "algorithm", SEEN_ALGORITHM }, { "qop", SEEN_QOP },     { "stale", SEEN_STALE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (slice_equal_ignoring_case(name, slice_of(rows[i].name)))
            return rows[i].bit;
    return 0;
}

static void store_parameter(struct reader *reader, struct slice name, struct slice value)
{
    struct sip_challenge *challenge = reader->current;
    unsigned int bit = parameter_bit(name);
    if (has_control(value) || (reader->seen & bit) || value.length > LIMIT_SIP_DIGEST_VALUE) {
        challenge->is_malformed = true;
        return;
    }
    reader->seen |= bit;
    switch (bit) {
    case SEEN_REALM:
        challenge->realm = without_escapes(reader->arena, value);
        break;
    case SEEN_NONCE:
        challenge->nonce = value;
        break;
    case SEEN_OPAQUE:
        challenge->opaque = value;
        challenge->has_opaque = true;
        break;
    case SEEN_ALGORITHM:
        set_algorithm(challenge, value);
        break;
    case SEEN_QOP:
        set_qop(challenge, value);
        break;
    case SEEN_STALE:
        challenge->is_stale = slice_equal_ignoring_case(value, slice_of("true"));
        break;
    default: // domain, charset, userhash and what is still to be invented
        break;
    }
}

// `= value` behind a parameter's name, then a comma or the end. False when it is not that.
static bool take_value(struct slice *rest, struct slice *value)
{
    *rest = slice_skip(*rest, 1);
    skip_space(rest);
    bool is_quoted = rest->length && rest->data[0] == '"';
    bool is_taken = is_quoted ? take_quoted(rest, value) : take_bare(rest, value);
    skip_space(rest);
    return is_taken && (!rest->length || rest->data[0] == ',');
}

static void spoil_element(struct reader *reader)
{
    if (reader->current)
        reader->current->is_malformed = true;
    skip_element(&reader->rest);
}

static void begin_challenge(struct reader *reader, struct sip_challenge *challenge,
                            struct slice scheme, bool is_proxy)
{
    *challenge = (struct sip_challenge){
        .scheme = scheme,
        .realm = slice_empty(),
        .nonce = slice_empty(),
        .opaque = slice_empty(),
        .algorithm_text = slice_empty(),
        .algorithm = DIGEST_MD5, // RFC 7616 3.3: "if not present, it is assumed to be MD5"
        .is_proxy = is_proxy,
        .is_digest = slice_equal_ignoring_case(scheme, slice_of("Digest")),
    };
    reader->current = challenge;
    reader->seen = 0;
}

// A realm may be empty, a nonce must be something.
static void end_challenge(struct reader *reader)
{
    struct sip_challenge *challenge = reader->current;
    if (!challenge)
        return;
    if (!(reader->seen & SEEN_REALM) || slice_is_empty(challenge->nonce))
        challenge->is_malformed = true;
}

// What stands between two commas: a scheme, alone or with its first parameter behind it, or a
// parameter.
enum element {
    ELEMENT_SCHEME,
    ELEMENT_PARAMETER,
    ELEMENT_BROKEN
};

static enum element take_name(struct slice *rest, struct slice *name)
{
    *name = take_token(rest);
    bool is_apart = rest->length && is_linear_space(rest->data[0]);
    skip_space(rest);
    if (slice_is_empty(*name))
        return ELEMENT_BROKEN;
    if (rest->length && rest->data[0] == '=')
        return ELEMENT_PARAMETER;
    return is_apart || !rest->length || rest->data[0] == ',' ? ELEMENT_SCHEME : ELEMENT_BROKEN;
}

size_t sip_challenges_parse(struct arena *arena, struct slice value, bool is_proxy,
                            struct sip_challenge *challenges, size_t maximum)
{
    struct reader reader = { .arena = arena, .rest = value };
    size_t count = 0;
    for (skip_space_and_commas(&reader.rest); reader.rest.length;
         skip_space_and_commas(&reader.rest)) {
        struct slice name;
        struct slice text;
        enum element element = take_name(&reader.rest, &name);
        if (element == ELEMENT_SCHEME) {
            end_challenge(&reader);
            if (count == maximum)
                return count;
            begin_challenge(&reader, &challenges[count++], name, is_proxy);
        } else if (element == ELEMENT_PARAMETER && reader.current &&
                   take_value(&reader.rest, &text)) {
            store_parameter(&reader, name, text);
        } else {
            spoil_element(&reader);
        }
    }
    end_challenge(&reader);
    return count;
}

size_t sip_challenges_read(struct arena *arena, const struct sip_message *response,
                           struct sip_challenge *challenges, size_t maximum)
{
    static const enum sip_header_id headers[] = { SIP_HEADER_WWW_AUTHENTICATE,
                                                  SIP_HEADER_PROXY_AUTHENTICATE };
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct sip_header *header;
        for (size_t index = 0;
             count < maximum && (header = sip_message_header(response, headers[i], index)); index++)
            count += sip_challenges_parse(arena, header->value,
                                          headers[i] == SIP_HEADER_PROXY_AUTHENTICATE,
                                          challenges + count, maximum - count);
    }
    return count;
}

bool sip_challenge_parameter_next(struct slice *rest, struct slice *name, struct slice *value)
{
    skip_space_and_commas(rest);
    return take_name(rest, name) == ELEMENT_PARAMETER && take_value(rest, value);
}
