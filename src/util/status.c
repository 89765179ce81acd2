// SPDX-License-Identifier: ISC
#include "util/status.h"

const char *status_text(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return "ok";
    case STATUS_NEED_MORE:
        return "incomplete";
    case STATUS_MALFORMED:
        return "malformed";
    case STATUS_TOO_LARGE:
        return "too large";
    case STATUS_UNSUPPORTED:
        return "unsupported";
    case STATUS_REFUSED:
        return "refused";
    case STATUS_CLOSED:
        return "closed";
    case STATUS_TIMED_OUT:
        return "timed out";
    case STATUS_SYSTEM:
        return "system error";
    }
    return "unknown";
}
