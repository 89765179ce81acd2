// SPDX-License-Identifier: ISC
// One message: parsed, looked at from all sides, answered, written and read back.
#include "fuzz.h"
#include "sip/message.h"
#include "sip/response.h"
#include "util/limits.h"

static void look_at(const struct sip_message *message)
{
    uint32_t number;
    struct sip_address address;
    FUZZ_ASSERT(message->header_count <= LIMIT_SIP_RESPONSE_HEADERS + SIP_HEADER_COUNT);
    for (enum sip_header_id id = SIP_HEADER_OTHER; id < SIP_HEADER_COUNT; id++) {
        size_t count = sip_message_count(message, id);
        FUZZ_ASSERT((sip_message_header(message, id, 0) != NULL) == (count > 0));
        FUZZ_ASSERT(sip_message_header(message, id, count) == NULL);
        sip_message_number(message, id, &number);
        sip_message_has_token(message, id, "100rel");
    }
    for (size_t i = 0; i < message->header_count; i++) {
        struct slice value = message->headers[i].value;
        FUZZ_ASSERT(slice_equal(slice_trim(value), value));
        if (sip_address_parse(value, &address) == STATUS_OK)
            sip_address_display_name(message->arena, &address);
    }
    static const char *const types[] = { "application/sdp", NULL };
    struct slice description = sip_message_body_of_type(message, types[0]);
    FUZZ_ASSERT(description.length <= message->body.length);
    FUZZ_ASSERT(sip_message_body_is_understood(message, types) || !slice_is_empty(message->body));
    FUZZ_ASSERT((message->defect == 0) == (message->defect_text == NULL));
}

static void check_answer(const struct sip_message *request, uint32_t status)
{
    struct sip_message *answer;
    struct sip_writer writer;
    struct sip_response response = { .status = status, .to_tag = slice_of("t") };
    sip_writer_init(&writer);
    sip_response_write(&writer, request, &response);
    if (sip_writer_status(&writer) == STATUS_OK &&
        sip_message_parse(request->arena, sip_writer_slice(&writer), &answer) == STATUS_OK) {
        FUZZ_ASSERT(answer->status == status);
        FUZZ_ASSERT(sip_message_count(answer, SIP_HEADER_VIA) ==
                    sip_message_count(request, SIP_HEADER_VIA));
        FUZZ_ASSERT(slice_equal(sip_message_value(answer, SIP_HEADER_CALL_ID),
                                sip_message_value(request, SIP_HEADER_CALL_ID)));
        FUZZ_ASSERT(answer->body.length == 0);
    }
    sip_writer_free(&writer);
}

// parse(write(x)) has the headers of x.
static void check_rewritten(const struct sip_message *message)
{
    struct sip_message *again;
    struct sip_writer writer;
    sip_writer_init(&writer);
    sip_writer_request_line(&writer, message->method_text, message->request_uri.text);
    for (size_t i = 0; i < message->header_count; i++)
        if (message->headers[i].id != SIP_HEADER_OTHER)
            sip_writer_header_copied(&writer, message->headers[i].id, message->headers[i].value,
                                     slice_empty());
    if (sip_message_header(message, SIP_HEADER_CONTENT_LENGTH, 0)) {
        buffer_append_text(&writer.bytes, "\r\n");
        buffer_append(&writer.bytes, message->body);
    } else {
        sip_writer_end(&writer, slice_empty(), message->body);
    }
    if (sip_writer_status(&writer) == STATUS_OK &&
        sip_message_parse(message->arena, sip_writer_slice(&writer), &again) == STATUS_OK) {
        FUZZ_ASSERT(again->defect == 0);
        FUZZ_ASSERT(slice_equal(again->body, message->body));
        for (enum sip_header_id id = SIP_HEADER_OTHER + 1; id < SIP_HEADER_COUNT; id++)
            FUZZ_ASSERT(id == SIP_HEADER_CONTENT_LENGTH ||
                        sip_message_count(again, id) == sip_message_count(message, id));
    }
    sip_writer_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct sip_message *message;
    if (sip_message_parse(arena, slice_make((const char *)data, size), &message) == STATUS_OK) {
        look_at(message);
        if (message->can_be_answered) {
            check_answer(message, 400);
            check_answer(message, 200);
        }
        if (message->is_request && !message->defect)
            check_rewritten(message);
        struct sip_message *copy = sip_message_copy(message);
        FUZZ_ASSERT(copy->header_count == message->header_count);
        FUZZ_ASSERT(slice_equal(copy->call_id, message->call_id));
        sip_message_free(copy);
    }
    arena_free(arena);
    return 0;
}
