// SPDX-License-Identifier: ISC
#include "ctl/metrics.h"

#include "ctl/wall_time.h"

#include <stdio.h>

enum value_kind {
    VALUE_NUMBER,
    VALUE_TIME // RFC 3339, to seconds since 1970
};

struct metric {
    const char *key; // in the answer
    const char *name;
    const char *type;
    const char *help;
    enum value_kind kind;
};

static const struct metric line_metrics[] = {
    { "registered", "offhook_registered", "gauge", "1 while the line is registered", VALUE_NUMBER },
    { "connects", "offhook_connects_total", "counter", "Connections made so far", VALUE_NUMBER },
    { "calls", "offhook_calls", "gauge", "Calls at this moment", VALUE_NUMBER },
    { "calls_max", "offhook_calls_max", "gauge", "limits.calls", VALUE_NUMBER },
    { "hooks_alive", "offhook_hooks_alive", "gauge", "Hooks that run", VALUE_NUMBER },
    { "transactions", "offhook_transactions", "gauge", "SIP transactions", VALUE_NUMBER },
    { "messages_dropped", "offhook_messages_dropped_total", "counter",
      "SIP messages that could not be used", VALUE_NUMBER },
    { "registered_until", "offhook_registered_until_seconds", "gauge", "When the registration ends",
      VALUE_TIME },
    { "certificate_expires", "offhook_certificate_expires_seconds", "gauge",
      "When the server's certificate expires", VALUE_TIME },
    { "started", "offhook_start_time_seconds", "gauge", "When the daemon started", VALUE_TIME },
};

static const struct metric hook_metrics[] = {
    { "runs", "offhook_hook_runs_total", "counter", "Hooks run", VALUE_NUMBER },
    { "failures", "offhook_hook_failures_total", "counter", "Hooks that failed", VALUE_NUMBER },
    { "timeouts", "offhook_hook_timeouts_total", "counter", "Hooks that decided too late",
      VALUE_NUMBER },
    { "dropped", "offhook_hook_dropped_total", "counter", "Events that found no room",
      VALUE_NUMBER },
    { "median_ms", "offhook_hook_median_milliseconds", "gauge", "Median time of the last runs",
      VALUE_NUMBER },
};

/* False when the answer does not have it. */
static bool read_value(const json_t *object, const struct metric *metric, long long *value)
{
    const json_t *found = json_object_get(object, metric->key);
    int64_t wall_ms;
    *value = json_is_true(found) ? 1 : (long long)json_integer_value(found);
    if (metric->kind == VALUE_NUMBER)
        return found != NULL;
    if (!wall_time_read(found, &wall_ms))
        return false;
    *value = (long long)(wall_ms / 1000);
    return true;
}

static void print_head(const struct metric *metric)
{
    printf("# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, metric->type);
}

/* Inside of a label: a backslash before quotes, backslashes and line ends. */
static void print_label(const char *name, const char *value)
{
    printf("%s=\"", name);
    for (; value && *value; value++) {
        if (*value == '"' || *value == '\\')
            putchar('\\');
        putchar(*value == '\n' ? ' ' : *value);
    }
    putchar('"');
}

static void print_line(const json_t *status, const char *line)
{
    long long value;
    for (size_t i = 0; i < sizeof(line_metrics) / sizeof(*line_metrics); i++) {
        if (!read_value(status, &line_metrics[i], &value))
            continue;
        print_head(&line_metrics[i]);
        printf("%s{", line_metrics[i].name);
        print_label("line", line);
        printf("} %lld\n", value);
    }
}

static void print_refused(const json_t *refused, const char *line)
{
    static const struct metric metric = { NULL, "offhook_calls_refused_total", "counter",
                                          "Calls refused before any hook, by reason",
                                          VALUE_NUMBER };
    const char *reason;
    const json_t *count;
    print_head(&metric);
    json_object_foreach((json_t *)refused, reason, count)
    {
        printf("%s{", metric.name);
        print_label("line", line);
        putchar(',');
        print_label("reason", reason);
        printf("} %lld\n", (long long)json_integer_value(count));
    }
}

static void print_hooks(const json_t *hooks, const char *line)
{
    size_t index;
    const json_t *hook;
    long long value;
    for (size_t i = 0; i < sizeof(hook_metrics) / sizeof(*hook_metrics); i++) {
        if (json_array_size(hooks))
            print_head(&hook_metrics[i]);
        json_array_foreach((json_t *)hooks, index, hook)
        {
            if (!read_value(hook, &hook_metrics[i], &value))
                continue;
            printf("%s{", hook_metrics[i].name);
            print_label("line", line);
            putchar(',');
            print_label("hook", json_string_value(json_object_get(hook, "hook")));
            printf("} %lld\n", value);
        }
    }
}

int metrics_show(struct connection *connection, const struct options *options)
{
    int status;
    json_t *line = verb_ask(connection, "status", NULL, &status);
    json_t *hooks = line ? verb_ask(connection, "hooks", NULL, &status) : NULL;
    (void)options;
    if (line && hooks) {
        const char *name = json_string_value(json_object_get(line, "line"));
        print_line(line, name);
        print_refused(json_object_get(line, "calls_refused"), name);
        print_hooks(json_object_get(hooks, "hooks"), name);
    }
    json_decref(line);
    json_decref(hooks);
    return status;
}
