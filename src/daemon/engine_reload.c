// SPDX-License-Identifier: ISC
// Reload: the configuration is read again. A good one takes the place of the old one, and every
// part that borrows from it is told at once; a broken one changes nothing but what status says.
#include "daemon/config_changes.h"
#include "daemon/engine_private.h"
#include "daemon/hook_folder.h"
#include "daemon/notify.h"
#include "daemon/room.h"
#include "desk/control_json.h"
#include "util/log.h"

void engine_set_media_address(struct engine *engine)
{
    const char *address = engine->settings->config->audio_address;
    engine->media_address = engine->local;
    if (address[0])
        (void)!net_address_parse(slice_of(address), 0, &engine->media_address);
}

static void report_names(struct buffer *json, const char *name, const char *const *keys,
                         size_t count)
{
    control_json_name(json, name);
    buffer_append_byte(json, '[');
    for (size_t i = 0; i < count; i++)
        buffer_append_format(json, "%s\"%s\"", i ? "," : "", keys[i]);
    buffer_append_byte(json, ']');
}

static void log_changes(const struct config_changes *changes)
{
    for (size_t i = 0; i < changes->applied_count; i++)
        LOG(NOTICE, "configuration changed", TEXT("key", changes->applied[i]));
    for (size_t i = 0; i < changes->waiting_count; i++)
        LOG(WARNING, "configuration changed, but it needs a restart",
            TEXT("key", changes->waiting[i]));
    if (!changes->applied_count && !changes->waiting_count)
        LOG(INFO, "configuration read again: nothing has changed");
}

static void set_log_level(const struct config *config)
{
    enum log_level level;
    if (log_level_from_text(slice_of(config->log_level), &level))
        log_set_level(level);
}

/* Everything that borrows from the old settings is pointed to the new ones before they go. */
static void change_over(struct engine *engine, time_ms now, struct settings *next,
                        bool needs_connection)
{
    struct settings *old = engine->settings;
    engine->settings = next;
    agent_reconfigure(engine->agent, now, &next->agent, needs_connection);
    sip_link_reconfigure(engine->link, now, &next->link);
    hook_queue_reconfigure(engine->hooks, &next->hooks);
    hook_runner_reconfigure(engine->runner, &next->runner);
    rehearsals_reconfigure(engine->rehearsals, &next->rehearsals);
    media_ports_reconfigure(engine->media, &next->media);
    engine_set_media_address(engine);
    expiry_watch_set(&engine->expiry, EXPIRY_OWN, next->own_certificate_expires);
    engine->is_online = false; /* so that the link hears of the Flow-Timer again */
    settings_free(old);
}

static enum status refuse(struct engine *engine, time_ms now, const struct config_error *error,
                          struct buffer *report)
{
    LOG(ERROR, "the changed configuration is refused, the old one stays", TEXT("why", error->text));
    if (!engine->trouble.error.text[0])
        engine->trouble.since = now;
    engine->trouble.error = *error;
    engine->trouble.refusals++;
    buffer_append_text(report, error->text);
    return STATUS_REFUSED;
}

/* Nothing changed: nothing is touched, no matter how often it is asked for. */
static void apply(struct engine *engine, time_ms now, struct config *config,
                  const struct config_changes *changes)
{
    log_changes(changes);
    if (changes->applied_count)
        room_make(config);
    if (changes->applied_count || changes->needs_connection || changes->has_other_owner)
        change_over(engine, now, settings_new(config, engine->instance_id),
                    changes->needs_connection);
    else
        config_free(config);
}

enum status engine_reload(void *user, time_ms now, struct buffer *report)
{
    struct engine *engine = user;
    struct config_changes changes;
    struct config_error error;
    notify_reloading();
    struct config *config = config_obtain(engine->source, &error);
    if (!config) {
        notify_ready();
        return refuse(engine, now, &error, report);
    }
    engine->trouble.error.text[0] = '\0';
    engine->shown = (struct status_line_facts){ .link_changes = 0 }; /* the aor may be another */
    set_log_level(config); /* before the log has anything to say */
    config_changes_find(engine->settings->config, config, &changes);
    apply(engine, now, config, &changes);
    hook_folder_log(engine->settings->config->hooks_dir);
    notify_ready();
    report_names(report, "changed", changes.applied, changes.applied_count);
    report_names(report, "needs_restart", changes.waiting, changes.waiting_count);
    return STATUS_OK;
}

enum status engine_check(void *user, struct buffer *report)
{
    const struct engine *engine = user;
    struct config_error error;
    struct config *config = config_obtain(engine->source, &error);
    if (!config) {
        buffer_append_text(report, error.text);
        return STATUS_REFUSED;
    }
    control_json_text(report, "file", slice_of(engine->source->file));
    config_free(config);
    return STATUS_OK;
}
