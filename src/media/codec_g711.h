// SPDX-License-Identifier: ISC
// G.711: A-law and mu-law, one byte a sample at 8 kHz (ITU-T G.711).
#pragma once

#include <stdint.h>

uint8_t codec_g711_encode_alaw(int16_t sample);
int16_t codec_g711_decode_alaw(uint8_t code);
uint8_t codec_g711_encode_ulaw(int16_t sample);
int16_t codec_g711_decode_ulaw(uint8_t code);
