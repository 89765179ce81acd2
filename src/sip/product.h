// SPDX-License-Identifier: ISC
// What we call ourselves in User-Agent and Server (RFC 3261 20.41, 20.35).
#pragma once

// "offhookd/0.1.0"
const char *sip_product(void);
