// SPDX-License-Identifier: ISC
#include "ctl/sound.h"

#include "ctl/ask.h"
#include "ctl/play.h"
#include "ctl/record.h"

const bool sound_is_here = true;

int sound_play(struct connection *connection, const struct options *options)
{
    return play_show(connection, options);
}

int sound_record(struct connection *connection, const struct options *options)
{
    return record_show(connection, options);
}

int sound_ask(struct connection *connection, const struct options *options)
{
    return ask_show(connection, options);
}
