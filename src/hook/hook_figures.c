// SPDX-License-Identifier: ISC
#include "hook/hook_figures.h"

#include "agent/action.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN_BYTES = 80
};

static void fail(struct hook_figures *figures, time_ms now)
{
    figures->counted.failures++;
    figures->counted.is_failing = true;
    figures->counted.failed_at = now;
}

void hook_figures_absent(struct hook_figures *figures, time_ms now, const char *why)
{
    fail(figures, now);
    if (why[0])
        hook_figures_error_line(figures, slice_of(why));
}

void hook_figures_ended(struct hook_figures *figures, time_ms now, time_ms duration,
                        bool is_healthy)
{
    figures->counted.is_failing = false;
    if (!is_healthy)
        fail(figures, now);
    figures->durations[figures->next_duration++ % HOOK_DURATIONS_KEPT] = duration;
    if (duration > figures->counted.longest_ms)
        figures->counted.longest_ms = duration;
}

void hook_figures_error_line(struct hook_figures *figures, struct slice line)
{
    line = slice_first(line, HOOK_ERROR_BYTES - 1);
    memcpy(figures->last_error, line.data, line.length);
    figures->last_error[line.length] = '\0';
}

void hook_figures_undecided(struct hook_figures *figures, const char *why)
{
    figures->counted.timeouts++;
    hook_figures_error_line(figures, slice_of(why));
}

static bool is_digits(struct slice line)
{
    size_t place;
    if (slice_find_text(line, slice_of("\"digits\":"), &place)) /* ask --json */
        return true;
    for (size_t i = 0; i < line.length; i++)
        if (!digit_collection_is_digit(line.data[i]))
            return false;
    return line.length > 0;
}

struct slice hook_figures_shown(struct slice line)
{
    return is_digits(slice_trim(line)) ? slice_of("(digits)") : line;
}

void hook_figures_no_decision(struct hook_figures *figures, const char *sentence, struct slice line,
                              const char *why)
{
    line = slice_first(line, SHOWN_BYTES);
    snprintf(figures->last_error, sizeof(figures->last_error), "%s \"%.*s\"%s%s", sentence,
             SLICE_PRINT(line), why[0] ? ": " : "", why);
}

static int compare_times(const void *left, const void *right)
{
    time_ms a = *(const time_ms *)left;
    time_ms b = *(const time_ms *)right;
    return a < b ? -1 : a > b;
}

void hook_figures_read(const struct hook_figures *figures, struct hook_statistics *statistics)
{
    time_ms sorted[HOOK_DURATIONS_KEPT];
    size_t count =
        figures->next_duration < HOOK_DURATIONS_KEPT ? figures->next_duration : HOOK_DURATIONS_KEPT;
    *statistics = figures->counted;
    statistics->last_error = figures->last_error;
    memcpy(sorted, figures->durations, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_times);
    statistics->median_ms = count ? sorted[count / 2] : 0;
}
