// SPDX-License-Identifier: ISC
#include "ctl/trace.h"

#include "ctl/connection.h"
#include "ctl/output.h"
#include "ctl/pcap.h"
#include "ctl/wall_time.h"
#include "util/plain_text.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum {
    ARROW_COLUMNS = 26,
    LABEL_BYTES = 64,
    NOTE_BYTES = 128
};

static bool is_message(const json_t *entry)
{
    const char *kind = json_string_value(json_object_get(entry, "trace"));
    return kind && (strcmp(kind, "sent") == 0 || strcmp(kind, "received") == 0);
}

static bool is_sent(const json_t *entry)
{
    return strcmp(json_string_value(json_object_get(entry, "trace")), "sent") == 0;
}

static struct slice text_of(const json_t *entry)
{
    const json_t *text = json_object_get(entry, "text");
    return slice_make(json_string_value(text) ? json_string_value(text) : "",
                      json_string_length(text));
}

/* 0 when it says none. */
static int64_t wall_of(const json_t *entry)
{
    int64_t wall = 0;
    (void)wall_time_read(json_object_get(entry, "t"), &wall);
    return wall;
}

static void print_time(int64_t wall, int64_t before)
{
    time_t seconds = (time_t)(wall / 1000);
    struct tm local;
    char text[16];
    char delta[16] = "";
    localtime_r(&seconds, &local);
    strftime(text, sizeof(text), "%H:%M:%S", &local);
    if (before && wall - before >= 1000)
        snprintf(delta, sizeof(delta), "+%.1fs", (double)(wall - before) / 1000);
    else if (before)
        snprintf(delta, sizeof(delta), "+%dms", (int)(wall - before));
    printf("%s.%03d %7s  ", text, (int)(wall % 1000), delta);
}

/* "INVITE", or "200 OK". */
static void copy_label(struct slice message, char *label)
{
    struct slice rest;
    struct slice line = slice_trim(slice_cut(message, '\n', &rest));
    struct slice first = slice_take_word(&line);
    if (slice_equal(first, slice_of("SIP/2.0")))
        first = slice_trim(line);
    first = slice_first(first, ARROW_COLUMNS - 8);
    memcpy(label, first.data, first.length);
    label[first.length] = '\0';
    plain_text_tame(label);
}

static struct slice line_that_starts(struct slice text, const char *prefix)
{
    while (text.length) {
        struct slice line = slice_trim(slice_cut(text, '\n', &text));
        if (slice_starts_with(line, slice_of(prefix)))
            return slice_skip(line, strlen(prefix));
    }
    return slice_empty();
}

static const char *static_codec(struct slice format)
{
    if (slice_equal(format, slice_of("0")))
        return "PCMU";
    if (slice_equal(format, slice_of("8")))
        return "PCMA";
    return slice_equal(format, slice_of("9")) ? "G722" : NULL;
}

static void add_word(char *note, struct slice word)
{
    size_t length = strlen(note);
    word = slice_first(word, NOTE_BYTES - length - 2);
    if (length)
        note[length++] = ' ';
    memcpy(note + length, word.data, word.length);
    note[length + word.length] = '\0';
}

/* The codecs and the port of an SDP body: "PCMA PCMU te rtp 49170"; a profile other than RTP/AVP
 * stands in its place. */
static void write_note(struct slice message, char *note)
{
    char name[32];
    struct slice audio = line_that_starts(message, "m=audio ");
    struct slice port = slice_take_word(&audio);
    note[0] = '\0';
    if (!port.length)
        return;
    struct slice profile = slice_take_word(&audio);
    while (audio.length && strlen(note) < NOTE_BYTES / 2) {
        struct slice format = slice_take_word(&audio);
        const char *codec = static_codec(format);
        snprintf(name, sizeof(name), "a=rtpmap:%.*s ", (int)(format.length < 8 ? format.length : 8),
                 format.data);
        struct slice rest;
        struct slice mapped = slice_cut(line_that_starts(message, name), '/', &rest);
        if (slice_equal(mapped, slice_of("telephone-event")))
            mapped = slice_of("te");
        add_word(note, codec ? slice_of(codec) : mapped.length ? mapped : format);
    }
    add_word(note, slice_equal(profile, slice_of("RTP/AVP")) ? slice_of("rtp") : profile);
    add_word(note, port);
    plain_text_tame(note);
}

static void print_dashes(int count)
{
    for (int i = 0; i < count; i++)
        fputs("─", stdout);
}

static void print_arrow(const json_t *entry)
{
    char label[LABEL_BYTES];
    char note[NOTE_BYTES];
    copy_label(text_of(entry), label);
    write_note(text_of(entry), note);
    int dashes = ARROW_COLUMNS - (int)strlen(label) - 3;
    if (is_sent(entry)) {
        fputs("◀", stdout);
        print_dashes(dashes);
        fputs(label, stdout);
        print_dashes(2);
    } else {
        print_dashes(2);
        fputs(label, stdout);
        print_dashes(dashes);
        fputs("▶", stdout);
    }
    printf("%s%s\n", note[0] ? "   " : "", note);
}

static void print_sentence(const json_t *entry)
{
    output_print(stdout, "· %.*s", SLICE_PRINT(text_of(entry)));
}

static void print_ladder(const json_t *entries, const json_t *answer, const struct options *options)
{
    size_t index;
    json_t *entry;
    int64_t before = 0;
    const char *protocol = json_string_value(json_object_get(answer, "protocol"));
    output_print(stdout, "%s%s%sline \"%s\"  %s %s", options->call ? "call " : "",
                 options->call ? options->call : "", options->call ? "  " : "",
                 json_string_value(json_object_get(answer, "line")),
                 protocol && protocol[0] ? protocol : "not connected",
                 json_string_value(json_object_get(answer, "server")));
    json_array_foreach(entries, index, entry)
    {
        int64_t wall = wall_of(entry);
        print_time(wall, before);
        before = wall;
        if (is_message(entry))
            print_arrow(entry);
        else
            print_sentence(entry);
    }
}

static void print_raw(const json_t *entries)
{
    size_t index;
    json_t *entry;
    json_array_foreach(entries, index, entry)
    {
        struct slice rest = text_of(entry);
        print_time(wall_of(entry), 0);
        puts(json_string_value(json_object_get(entry, "trace")));
        while (rest.length) {
            struct slice text = slice_trim(slice_cut(rest, '\n', &rest));
            output_print(stdout, "%.*s", SLICE_PRINT(text));
        }
        putchar('\n');
    }
}

static int write_pcap(const json_t *entries, const char *path)
{
    size_t index;
    json_t *entry;
    FILE *file = fopen(path, "wb");
    bool is_written = file && pcap_begin(file);
    json_array_foreach(entries, index, entry)
    {
        struct slice text = text_of(entry);
        if (is_written && is_message(entry))
            is_written = pcap_message(file, wall_of(entry), is_sent(entry), text.data, text.length);
    }
    if (file && fclose(file) != 0)
        is_written = false;
    if (!is_written)
        fprintf(stderr, "offhookctl: %s cannot be written: %s\n", path, strerror(errno));
    return is_written ? EXIT_DONE : EXIT_REFUSED;
}

static int print_entries(const json_t *entries, const json_t *answer, const struct options *options)
{
    size_t index;
    json_t *entry;
    if (options->pcap)
        return write_pcap(entries, options->pcap);
    if (options->is_json)
        json_array_foreach(entries, index, entry) output_json(entry);
    else if (options->is_raw)
        print_raw(entries);
    else
        print_ladder(entries, answer, options);
    return EXIT_DONE;
}

int trace_show(struct connection *connection, const struct options *options)
{
    int status;
    json_t *entries = json_array();
    json_t *line;
    while ((line = connection_receive(connection)) && !json_object_get(line, "ok"))
        json_array_append_new(entries, line);
    json_t *answer = verb_judge(line, &status);
    if (answer)
        status = print_entries(entries, answer, options);
    json_decref(answer);
    json_decref(entries);
    return status;
}
