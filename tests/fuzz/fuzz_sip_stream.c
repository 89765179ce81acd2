// SPDX-License-Identifier: ISC
// A byte stream in pieces whose size the first byte says gives the messages that it gives whole,
// and each that it gives can be handed to the parser.
#include "fuzz.h"
#include "sip/message.h"
#include "sip/stream.h"

struct outcome {
    size_t messages;
    size_t pings;
    uint64_t digest; // of the messages' bytes
    bool is_broken;
};

static void parse(struct slice bytes)
{
    struct arena *arena = arena_new();
    struct sip_message *message;
    if (sip_message_parse(arena, bytes, &message) == STATUS_OK)
        FUZZ_ASSERT(message->body.length <= bytes.length);
    arena_free(arena);
}

// What broke the framing may be read, and is never without a defect.
static void parse_broken(const struct sip_stream *stream, struct slice bytes)
{
    struct arena *arena = arena_new();
    struct sip_message *message;
    if (sip_message_parse_broken(arena, bytes, sip_stream_fault_status(stream),
                                 sip_stream_fault(stream), &message) == STATUS_OK)
        FUZZ_ASSERT(message->defect);
    arena_free(arena);
}

static void drain(struct sip_stream *stream, struct outcome *outcome)
{
    struct slice bytes;
    for (;;) {
        enum sip_stream_item item = sip_stream_next(stream, &bytes);
        if (item == SIP_STREAM_NOTHING)
            return;
        outcome->pings += item == SIP_STREAM_PING;
        outcome->is_broken = item == SIP_STREAM_BROKEN;
        if (outcome->is_broken) {
            parse_broken(stream, bytes);
            return;
        }
        if (item != SIP_STREAM_MESSAGE)
            continue;
        outcome->messages++;
        for (size_t i = 0; i < bytes.length; i++)
            outcome->digest = (outcome->digest ^ (unsigned char)bytes.data[i]) * 1099511628211U;
        parse(bytes);
    }
}

static struct outcome run(struct slice bytes, size_t piece)
{
    struct outcome outcome = { .messages = 0 };
    struct sip_stream *stream = sip_stream_new();
    while (bytes.length && !outcome.is_broken) {
        sip_stream_append(stream, 0, slice_first(bytes, piece));
        bytes = slice_skip(bytes, piece);
        drain(stream, &outcome);
    }
    FUZZ_ASSERT(outcome.is_broken == (sip_stream_fault(stream)[0] != '\0'));
    sip_stream_free(stream);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice bytes = slice_make((const char *)data + 1, size - 1);
    struct outcome whole = run(bytes, size);
    struct outcome cut = run(bytes, data[0] % 64U + 1);
    FUZZ_ASSERT(whole.messages == cut.messages);
    FUZZ_ASSERT(whole.pings == cut.pings);
    FUZZ_ASSERT(whole.digest == cut.digest);
    FUZZ_ASSERT(whole.is_broken == cut.is_broken);
    return 0;
}
