// SPDX-License-Identifier: ISC
#include "ctl/metrics.h"

#include "ctl/output.h"
#include "ctl/wall_time.h"
#include "util/plain_text.h"

#include <stdio.h>

enum {
    LABEL_BYTES = 256
};

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

/* How figures are printed: the text format, or an object each. */
struct printer {
    const char *line;
    bool is_json;
    const struct metric *last; // whose head has been printed
};

static void print_head(struct printer *printer, const struct metric *metric)
{
    if (printer->last == metric || printer->is_json)
        return;
    printer->last = metric;
    printf("# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, metric->type);
}

/* Inside of a label: a backslash before quotes and backslashes. */
static void print_label(const char *name, const char *value)
{
    char text[LABEL_BYTES];
    snprintf(text, sizeof(text), "%s", value);
    plain_text_tame(text);
    printf("%s=\"", name);
    for (const char *byte = text; *byte; byte++) {
        if (*byte == '"' || *byte == '\\')
            putchar('\\');
        putchar(*byte);
    }
    putchar('"');
}

/* `label`: beside that of the line; NULL: none. */
static void print_value(struct printer *printer, const struct metric *metric, const char *label,
                        const char *of, long long value)
{
    print_head(printer, metric);
    if (printer->is_json) {
        json_t *object = json_pack("{s:i,s:s,s:s,s:I}", "v", 1, "metric", metric->name, "line",
                                   printer->line, "value", (json_int_t)value);
        if (label)
            json_object_set_new(object, label, json_string(of));
        output_json(object);
        json_decref(object);
        return;
    }
    printf("%s{", metric->name);
    print_label("line", printer->line);
    if (label)
        putchar(',');
    if (label)
        print_label(label, of);
    printf("} %lld\n", value);
}

static void print_line(struct printer *printer, const json_t *status)
{
    long long value;
    for (size_t i = 0; i < sizeof(line_metrics) / sizeof(*line_metrics); i++)
        if (read_value(status, &line_metrics[i], &value))
            print_value(printer, &line_metrics[i], NULL, NULL, value);
}

static void print_refused(struct printer *printer, const json_t *refused)
{
    static const struct metric metric = { NULL, "offhook_calls_refused_total", "counter",
                                          "Calls refused before any hook, by reason",
                                          VALUE_NUMBER };
    const char *reason;
    const json_t *count;
    print_head(printer, &metric);
    json_object_foreach((json_t *)refused, reason, count)
        print_value(printer, &metric, "reason", reason, (long long)json_integer_value(count));
}

static void print_hooks(struct printer *printer, const json_t *hooks)
{
    size_t index;
    const json_t *hook;
    long long value;
    for (size_t i = 0; i < sizeof(hook_metrics) / sizeof(*hook_metrics); i++) {
        json_array_foreach((json_t *)hooks, index, hook)
        {
            const char *name = json_string_value(json_object_get(hook, "hook"));
            if (name && read_value(hook, &hook_metrics[i], &value))
                print_value(printer, &hook_metrics[i], "hook", name, value);
        }
    }
}

int metrics_show(struct connection *connection, const struct options *options)
{
    int status;
    json_t *line = verb_ask(connection, "status", NULL, &status);
    json_t *hooks = line ? verb_ask(connection, "hooks", NULL, &status) : NULL;
    if (line && hooks) {
        const char *name = json_string_value(json_object_get(line, "line"));
        struct printer printer = { .line = name ? name : "", .is_json = options->is_json };
        print_line(&printer, line);
        print_refused(&printer, json_object_get(line, "calls_refused"));
        print_hooks(&printer, json_object_get(hooks, "hooks"));
    }
    json_decref(line);
    json_decref(hooks);
    return status;
}
