// SPDX-License-Identifier: ISC
#include "util/utf8.h"

size_t utf8_read(struct slice text, uint32_t *code)
{
    static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t first = (uint8_t)text.data[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.length < length)
        return 0;
    uint32_t value = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (byte >> 6 != 2)
            return 0;
        value = value << 6 | (byte & 63u);
    }
    bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < lowest[length] || value > 0x10ffff || is_surrogate)
        return 0;
    *code = value;
    return length;
}
