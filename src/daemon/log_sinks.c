// SPDX-License-Identifier: ISC
#include "daemon/log_sinks.h"

#include "util/log.h"

#include <stdio.h>
#include <stdlib.h>

static const int priorities[] = {
    [LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARNING] = 4, [LOG_LEVEL_NOTICE] = 5,
    [LOG_LEVEL_INFO] = 6,  [LOG_LEVEL_DEBUG] = 7,
};

static void write_journal(enum log_level level, const char *line, const char *sentence,
                          const struct log_field *fields)
{
    (void)sentence;
    (void)fields;
    fprintf(stderr, "<%d>%s\n", priorities[level], line);
}

static void write_plain(enum log_level level, const char *line, const char *sentence,
                        const struct log_field *fields)
{
    (void)sentence;
    (void)fields;
    fprintf(stderr, "offhookd: %s: %s\n", log_level_text(level), line);
}

void log_sinks_start(void)
{
    setvbuf(stderr, NULL, _IOLBF, 0);
    log_set_sink(getenv("JOURNAL_STREAM") ? write_journal : write_plain);
}
