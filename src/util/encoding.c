// SPDX-License-Identifier: ISC
#include "util/encoding.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void encoding_append_hex(struct buffer *buffer, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        buffer_append_byte(buffer, digits[byte[i] >> 4]);
        buffer_append_byte(buffer, digits[byte[i] & 15]);
    }
}

void encoding_append_base64(struct buffer *buffer, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)byte[i] << 16;
        if (left > 1)
            group |= (uint32_t)byte[i + 1] << 8;
        if (left > 2)
            group |= byte[i + 2];
        buffer_append_byte(buffer, base64_alphabet[group >> 18]);
        buffer_append_byte(buffer, base64_alphabet[group >> 12 & 63]);
        buffer_append_byte(buffer, left > 1 ? base64_alphabet[group >> 6 & 63] : '=');
        buffer_append_byte(buffer, left > 2 ? base64_alphabet[group & 63] : '=');
    }
}

static int base64_value(char byte)
{
    const char *found = byte ? strchr(base64_alphabet, byte) : NULL;
    return found ? (int)(found - base64_alphabet) : -1;
}

enum status encoding_decode_base64(struct slice text, struct buffer *buffer)
{
    size_t start = buffer->length;
    while (text.length && text.data[text.length - 1] == '=')
        text.length--;
    uint32_t group = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.length; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0 || (text.length % 4 == 1)) {
            buffer_truncate(buffer, start);
            return STATUS_MALFORMED;
        }
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buffer_append_byte(buffer, (char)(group >> bits & 255));
        }
    }
    return buffer_status(buffer);
}
