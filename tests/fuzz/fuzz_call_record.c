// SPDX-License-Identifier: ISC
// Records of calls as a killed process or a hostile disk leaves them: what is read is written again
// and read as the same.
#include "agent/call_record.h"
#include "fuzz.h"
#include "util/limits.h"

static void write_again(struct arena *arena, const struct call_record *record)
{
    struct buffer first;
    struct buffer second;
    struct call_record read;
    const char *why = NULL;
    buffer_init(&first, LIMIT_CALL_RECORD);
    buffer_init(&second, LIMIT_CALL_RECORD);
    if (call_record_write(record, &first) == STATUS_OK) {
        FUZZ_ASSERT(call_record_parse(arena, buffer_slice(&first), &read, &why) == STATUS_OK);
        FUZZ_ASSERT(read.debt == record->debt && read.dialog_count == record->dialog_count);
        FUZZ_ASSERT(call_record_write(&read, &second) == STATUS_OK);
        FUZZ_ASSERT(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    }
    buffer_free(&first);
    buffer_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct call_record record;
    const char *why = NULL;
    enum status status =
        call_record_parse(arena, slice_make((const char *)data, size), &record, &why);
    FUZZ_ASSERT(status == STATUS_OK || why != NULL);
    if (status == STATUS_OK)
        write_again(arena, &record);
    arena_free(arena);
    return 0;
}
