// SPDX-License-Identifier: ISC
#include "media/call_audio.h"

#include "media/audio_listener.h"
#include "media/audio_speaker.h"
#include "media/lateness.h"
#include "media/resampler.h"
#include "util/limits.h"
#include "util/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SPEAKERS_MAX = 2,  // the one who speaks, and the next, while the first is played out
    SETTLE_MS = 200,   // before the first word
    TAIL_MS = 200,     // behind the last
    DRAIN_MS = 1000,   // more than a pipe holds
    HEARD_PER_MS = 96, // bytes of 48 kHz, of which those of the other rates are whole multiples
    GONE_MAX = LIMIT_LISTENERS + SPEAKERS_MAX
};

struct call_audio {
    uint32_t rate; // of the call
    uint32_t last_number;
    struct audio_speaker *speakers[SPEAKERS_MAX]; // the first speaks
    struct audio_listener listeners[LIMIT_LISTENERS];
    struct audio_places answering;           // one who reads and writes; 0: there is none
    struct lateness lateness;                // its
    struct call_audio_output gone[GONE_MAX]; // pipes to be closed
    unsigned gone_count;

    time_ms talk_at; // nothing is said before; TIME_NEVER until the call is up
    bool is_open;    // what is said in this tick is heard
    bool is_wasted;  // the call is over
    bool is_muted;
    bool is_quiet;  // nothing more was queued in the last tick
    uint64_t heard; // of the first speaker, in bytes of 48 kHz

    bool is_flush_awaited;
    uint32_t flushed_heard_ms;
    bool is_play_out_awaited;
    bool is_played_out;
    bool is_draining;
    bool is_drained;
    time_ms quiet_since; // nothing more is said
    time_ms drain_until; // and what still is must end

    struct resampler *bridge; // from the other call's rate
    struct audio_figures figures;

    const int16_t *heard_frame; // of this tick
    const int16_t *said_frame;
    unsigned next_listener;
    int16_t say_frame[AUDIO_FRAME_MAX];
    int16_t give_frame[AUDIO_FRAME_MAX];
};

struct call_audio *call_audio_new(uint32_t call_rate)
{
    struct call_audio *audio = memory_new(sizeof(*audio));
    audio->rate = call_rate;
    audio->talk_at = TIME_NEVER;
    audio->is_quiet = true;
    audio->next_listener = LIMIT_LISTENERS;
    return audio;
}

void call_audio_set_rate(struct call_audio *audio, uint32_t call_rate)
{
    if (call_rate == audio->rate)
        return;
    audio->rate = call_rate;
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i])
            audio_speaker_set_call_rate(audio->speakers[i], call_rate);
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        if (audio->listeners[i].number)
            audio_listener_set_call_rate(&audio->listeners[i], call_rate);
}

void call_audio_connected(struct call_audio *audio, time_ms now)
{
    if (audio->talk_at == TIME_NEVER)
        audio->talk_at = now + SETTLE_MS;
}

static void tell_gone(struct call_audio *audio, enum call_audio_output_kind kind, uint32_t number)
{
    assert(audio->gone_count < GONE_MAX);
    audio->gone[audio->gone_count++] = (struct call_audio_output){ .kind = kind, .number = number };
}

static void listener_gone(struct call_audio *audio, struct audio_listener *listener)
{
    if (!listener->number)
        return;
    tell_gone(audio, CALL_AUDIO_LISTENER_GONE, listener->number);
    audio_listener_end(listener);
}

/* The next one's turn. */
static void speaker_ended(struct call_audio *audio)
{
    tell_gone(audio, CALL_AUDIO_SPEAKER_GONE, audio_speaker_number(audio->speakers[0]));
    audio_speaker_free(audio->speakers[0]);
    audio->speakers[0] = audio->speakers[1];
    audio->speakers[1] = NULL;
    if (audio->speakers[0])
        audio->heard = 0;
}

/* The place of the next one who listens; LIMIT_LISTENERS: there is none. */
static size_t free_place(const struct call_audio *audio)
{
    size_t place = 0;
    while (place < LIMIT_LISTENERS && audio->listeners[place].number)
        place++;
    return place;
}

/* Behind one that has said its last. */
static bool may_begin(const struct call_audio *audio)
{
    bool is_busy = audio->speakers[0] && !audio_speaker_is_ending(audio->speakers[0]);
    return !is_busy && !audio->speakers[1];
}

enum status call_audio_may_attach(const struct call_audio *audio,
                                  const struct audio_request *request, const char **why)
{
    *why = "as many as may be are listening already";
    if (request->listens && free_place(audio) == LIMIT_LISTENERS)
        return STATUS_REFUSED;
    *why = "another call is bridged to this one";
    if (request->speaks && audio->bridge)
        return STATUS_REFUSED;
    *why = "somebody speaks on this call already: --replace takes its place";
    if (request->speaks && !request->replaces && !may_begin(audio))
        return STATUS_REFUSED;
    return STATUS_OK;
}

static uint32_t begin_listening(struct call_audio *audio, const struct audio_request *request)
{
    size_t place = free_place(audio);
    assert(place < LIMIT_LISTENERS);
    audio->listeners[place] = (struct audio_listener){
        .owner = request->owner,
        .hears_both = request->hears_both,
        .rate = request->rate,
    };
    audio_listener_begin(&audio->listeners[place], ++audio->last_number, audio->rate);
    return audio->last_number;
}

static uint32_t begin_speaking(struct call_audio *audio, const struct audio_request *request)
{
    while (request->replaces && audio->speakers[0])
        speaker_ended(audio);
    unsigned place = audio->speakers[0] ? 1 : 0;
    assert(!audio->speakers[place]);
    if (place == 0)
        audio->heard = 0;
    audio->speakers[place] =
        audio_speaker_new(++audio->last_number, request->owner, request->rate, audio->rate);
    audio->is_quiet = false;
    return audio->last_number;
}

struct audio_places call_audio_attach(struct call_audio *audio, const struct audio_request *request)
{
    struct audio_places places = { 0 };
    if (request->listens)
        places.listener = begin_listening(audio, request);
    if (request->speaks)
        places.speaker = begin_speaking(audio, request);
    if (request->listens && request->speaks) {
        audio->answering = places;
        audio->lateness = (struct lateness){ .base = 0 };
    }
    return places;
}

void call_audio_release(struct call_audio *audio, uint32_t owner)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        if (audio->listeners[i].owner == owner)
            listener_gone(audio, &audio->listeners[i]);
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i] && audio_speaker_owner(audio->speakers[i]) == owner)
            audio_speaker_release(audio->speakers[i]);
}

bool call_audio_is_flushed(const struct call_audio *audio)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i] && audio_speaker_is_flushing(audio->speakers[i]))
            return false;
    return true;
}

bool call_audio_is_empty(const struct call_audio *audio)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i] && !audio_speaker_is_empty(audio->speakers[i]))
            return false;
    return true;
}

void call_audio_begin(struct call_audio *audio, time_ms now, const struct audio_line *line)
{
    bool may_talk = audio->talk_at != TIME_NEVER && (now >= audio->talk_at || line->has_received);
    audio->is_open = may_talk && line->is_sending;
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i])
            audio_speaker_begin(audio->speakers[i]);
}

uint32_t call_audio_speaker(const struct call_audio *audio, unsigned index)
{
    bool is_there = index < SPEAKERS_MAX && audio->speakers[index];
    return is_there ? audio_speaker_number(audio->speakers[index]) : 0;
}

static struct audio_speaker *find_speaker(const struct call_audio *audio, uint32_t number)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i] && audio_speaker_number(audio->speakers[i]) == number)
            return audio->speakers[i];
    return NULL;
}

/* While one is flushed those who have come since wait; while nothing is heard all do. */
size_t call_audio_wants(const struct call_audio *audio, uint32_t number)
{
    const struct audio_speaker *speaker = find_speaker(audio, number);
    if (!speaker)
        return 0;
    bool is_taken = call_audio_is_flushed(audio) ? audio->is_open || audio->is_wasted
                                                 : audio_speaker_is_flushing(speaker);
    return is_taken ? audio_speaker_wants(speaker) : 0;
}

void call_audio_feed(struct call_audio *audio, uint32_t number, struct slice bytes)
{
    audio_speaker_feed(find_speaker(audio, number), bytes);
}

void call_audio_end_of_file(struct call_audio *audio, uint32_t number)
{
    audio_speaker_end(find_speaker(audio, number));
}

bool call_audio_wants_look(const struct call_audio *audio)
{
    return !call_audio_is_flushed(audio) || (audio->is_play_out_awaited && !audio->is_open) ||
           call_audio_answering_listener(audio);
}

void call_audio_look(struct call_audio *audio, uint32_t number, size_t piped_bytes, bool has_writer)
{
    audio_speaker_look(find_speaker(audio, number), piped_bytes, has_writer);
}

static struct audio_listener *find_listener(struct call_audio *audio, uint32_t number)
{
    for (size_t i = 0; number && i < LIMIT_LISTENERS; i++)
        if (audio->listeners[i].number == number)
            return &audio->listeners[i];
    return NULL;
}

/* The one who answers, while it is its turn to speak. */
static struct audio_speaker *find_answering(const struct call_audio *audio)
{
    struct audio_speaker *speaker = audio->speakers[0];
    bool is_it = speaker && audio_speaker_number(speaker) == audio->answering.speaker;
    return is_it ? speaker : NULL;
}

uint32_t call_audio_answering_listener(const struct call_audio *audio)
{
    for (size_t i = 0; find_answering(audio) && i < LIMIT_LISTENERS; i++)
        if (audio->listeners[i].number == audio->answering.listener)
            return audio->answering.listener;
    return 0;
}

void call_audio_look_unread(struct call_audio *audio, size_t unread_bytes)
{
    find_listener(audio, audio->answering.listener)->unread_bytes = unread_bytes;
}

/* What comes late from one who answers is dropped. */
static void drop_late(struct call_audio *audio)
{
    struct audio_speaker *speaker = find_answering(audio);
    const struct audio_listener *listener = find_listener(audio, audio->answering.listener);
    if (!speaker || !listener || !audio->is_open)
        return;
    size_t frame = listener->rate / 50 * sizeof(int16_t);
    struct lateness_view view = {
        .frame = frame,
        .written = audio_speaker_written(speaker),
        .read = listener->given_bytes - listener->unread_bytes,
        .waiting = audio_speaker_waiting(speaker),
        .unread = listener->unread_bytes,
    };
    size_t late = lateness_tick(&audio->lateness, &view);
    if (late)
        audio_speaker_drop(speaker, late);
    audio->figures.late_frames += late / frame;
}

/* While nothing is taken of what it says, one who answers is given no more to answer. */
static bool is_given(const struct call_audio *audio, const struct audio_listener *listener)
{
    const struct audio_speaker *speaker = find_answering(audio);
    bool answers = speaker && listener->number == audio->answering.listener;
    return !answers || audio->is_open || !audio_speaker_waiting(speaker);
}

static void end_those_who_are_over(struct call_audio *audio)
{
    while (audio->speakers[0] && audio_speaker_is_over(audio->speakers[0]))
        speaker_ended(audio);
}

/* One round for all that are flushed. */
static void flush_once(struct call_audio *audio)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i] && audio_speaker_is_flushing(audio->speakers[i]))
            audio_speaker_flushed_once(audio->speakers[i]);
    end_those_who_are_over(audio);
    audio->is_quiet = call_audio_is_flushed(audio) && call_audio_is_empty(audio);
}

/* What whoever's turn it is says; those before have been heard. */
static const int16_t *take(struct call_audio *audio)
{
    uint32_t heard = 0;
    end_those_who_are_over(audio);
    struct audio_speaker *speaker = audio->speakers[0];
    audio->is_quiet = !speaker;
    if (!speaker)
        return NULL;
    bool is_finishing = audio->is_draining || audio->is_play_out_awaited;
    if (audio_speaker_play(speaker, is_finishing, audio->say_frame, &heard)) {
        audio->heard += audio->is_muted ? 0 : heard;
        return audio->say_frame;
    }
    audio->figures.underruns += audio_speaker_is_interrupted(speaker);
    audio->is_quiet = !audio_speaker_has_more(speaker) && !audio->speakers[1];
    return audio_speaker_play_tail(speaker, audio->say_frame) ? audio->say_frame : NULL;
}

static const int16_t *say(struct call_audio *audio, time_ms now, const int16_t *bridged)
{
    if (!call_audio_is_flushed(audio)) {
        flush_once(audio);
        return NULL;
    }
    if (!audio->is_open)
        return NULL;
    if (audio->bridge && bridged && !audio->speakers[0]) {
        resampler_run(audio->bridge, bridged, audio->say_frame);
        return audio->say_frame;
    }
    const int16_t *said = take(audio); /* also the rest of whoever spoke before the bridge */
    if (!audio->is_quiet)
        audio->quiet_since = now;
    return said;
}

/* Whoever waits for the end of what is queued is told. */
static void see_progress(struct call_audio *audio, time_ms now)
{
    bool is_all_played = audio->is_open ? audio->is_quiet : call_audio_is_empty(audio);
    if (audio->is_play_out_awaited && is_all_played) {
        audio->is_play_out_awaited = false;
        audio->is_played_out = true;
    }
    bool is_all_said = now >= audio->quiet_since + TAIL_MS || now >= audio->drain_until;
    if (audio->is_draining && is_all_said) {
        audio->is_draining = false;
        audio->is_drained = true;
    }
}

const int16_t *call_audio_say(struct call_audio *audio, time_ms now, const int16_t *bridged)
{
    const int16_t *said = say(audio, now, bridged);
    drop_late(audio);
    see_progress(audio, now);
    return audio->is_muted ? NULL : said;
}

void call_audio_hear(struct call_audio *audio, const int16_t *heard, const int16_t *said)
{
    audio->heard_frame = heard;
    audio->said_frame = said;
    audio->next_listener = 0;
}

bool call_audio_next_frame(struct call_audio *audio, struct audio_frame *frame)
{
    while (audio->next_listener < LIMIT_LISTENERS) {
        struct audio_listener *listener = &audio->listeners[audio->next_listener++];
        if (!listener->number || !is_given(audio, listener))
            continue;
        audio_listener_hear(listener, audio->heard_frame, audio->said_frame, audio->rate / 50,
                            audio->give_frame);
        *frame = (struct audio_frame){
            .listener = listener->number,
            .bytes =
                slice_make((const char *)audio->give_frame, listener->rate / 50 * sizeof(int16_t)),
        };
        listener->given_bytes += frame->bytes.length;
        return true;
    }
    return false;
}

void call_audio_frame_lost(struct call_audio *audio, uint32_t number, bool is_gone)
{
    struct audio_listener *listener = &audio->listeners[audio->next_listener - 1];
    assert(listener->number == number);
    if (is_gone) {
        listener_gone(audio, listener);
        return;
    }
    audio->figures.dropped_frames++;
    listener->given_bytes -= listener->rate / 50 * sizeof(int16_t);
    listener->is_slow = true;
}

uint32_t call_audio_take_heard_ms(struct call_audio *audio)
{
    uint64_t heard = audio->heard;
    audio->heard = 0;
    return (uint32_t)(heard / HEARD_PER_MS);
}

static bool take_slow(struct call_audio *audio, struct call_audio_output *output)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++) {
        struct audio_listener *listener = &audio->listeners[i];
        if (!listener->is_slow || listener->is_told_slow)
            continue;
        listener->is_told_slow = true;
        output->kind = CALL_AUDIO_LISTENER_SLOW;
        output->number = listener->number;
        return true;
    }
    return false;
}

bool call_audio_next_output(struct call_audio *audio, struct call_audio_output *output)
{
    *output = (struct call_audio_output){ .kind = CALL_AUDIO_OUTPUT_COUNT };
    if (audio->gone_count) {
        *output = audio->gone[--audio->gone_count];
    } else if (audio->is_flush_awaited && call_audio_is_flushed(audio)) {
        audio->is_flush_awaited = false;
        output->kind = CALL_AUDIO_FLUSHED;
        output->heard_ms = audio->flushed_heard_ms;
    } else if (audio->is_played_out) {
        audio->is_played_out = false;
        output->kind = CALL_AUDIO_PLAYED_OUT;
        output->heard_ms = call_audio_take_heard_ms(audio);
    } else if (audio->is_drained) {
        audio->is_drained = false;
        output->kind = CALL_AUDIO_DRAINED;
    } else {
        (void)take_slow(audio, output);
    }
    return output->kind != CALL_AUDIO_OUTPUT_COUNT;
}

void call_audio_flush(struct call_audio *audio)
{
    if (!audio->is_flush_awaited)
        audio->flushed_heard_ms = call_audio_take_heard_ms(audio);
    audio->is_flush_awaited = true;
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i])
            audio_speaker_flush(audio->speakers[i]);
}

void call_audio_play_out(struct call_audio *audio)
{
    audio->is_play_out_awaited = true;
}

void call_audio_drain(struct call_audio *audio, time_ms now)
{
    audio->is_draining = true;
    audio->quiet_since = now;
    audio->drain_until = now + DRAIN_MS;
}

void call_audio_mute(struct call_audio *audio, bool is_muted)
{
    audio->is_muted = is_muted;
}

void call_audio_set_bridge(struct call_audio *audio, uint32_t rate)
{
    resampler_free(audio->bridge);
    audio->bridge = rate ? resampler_new(rate, audio->rate) : NULL;
}

void call_audio_hang_up(struct call_audio *audio)
{
    audio->is_wasted = true;
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i])
            audio_speaker_waste(audio->speakers[i]);
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        listener_gone(audio, &audio->listeners[i]);
}

bool call_audio_waste(struct call_audio *audio)
{
    end_those_who_are_over(audio);
    return audio->speakers[0];
}

bool call_audio_is_quiet(const struct call_audio *audio)
{
    return audio->is_quiet;
}

bool call_audio_has_speaker(const struct call_audio *audio)
{
    return audio->speakers[0];
}

bool call_audio_is_speaking(const struct call_audio *audio)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (audio->speakers[i] && !audio_speaker_is_ending(audio->speakers[i]))
            return true;
    return false;
}

void call_audio_figures(const struct call_audio *audio, struct audio_figures *figures)
{
    *figures = audio->figures;
}

void call_audio_free(struct call_audio *audio)
{
    if (!audio)
        return;
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        audio_speaker_free(audio->speakers[i]);
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        audio_listener_end(&audio->listeners[i]);
    resampler_free(audio->bridge);
    free(audio);
}
