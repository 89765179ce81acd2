// SPDX-License-Identifier: ISC
// Session description to text (RFC 8866 5).
#include "sdp/session.h"

static const char *const directions[] = {
    [SDP_SENDRECV] = "sendrecv",
    [SDP_SENDONLY] = "sendonly",
    [SDP_RECVONLY] = "recvonly",
    [SDP_INACTIVE] = "inactive",
};

const char *sdp_direction_text(enum sdp_direction direction)
{
    return directions[direction];
}

static const char *address_type(struct slice address)
{
    size_t index;
    return slice_find(address, ':', &index) ? "IP6" : "IP4";
}

static void write_address(struct buffer *buffer, struct slice address)
{
    buffer_append_text(buffer, "IN ");
    buffer_append_text(buffer, address_type(address));
    buffer_append_byte(buffer, ' ');
    buffer_append(buffer, slice_is_empty(address) ? slice_of("0.0.0.0") : address);
    buffer_append_text(buffer, "\r\n");
}

static void write_format(struct buffer *buffer, const struct sdp_format *format)
{
    if (format->encoding.length) {
        buffer_append_format(buffer, "a=rtpmap:%u ", format->payload_type);
        buffer_append(buffer, format->encoding);
        buffer_append_format(buffer, "/%u", format->clock_rate);
        if (format->channels > 1)
            buffer_append_format(buffer, "/%u", format->channels);
        buffer_append_text(buffer, "\r\n");
    }
    if (format->parameters.length) {
        buffer_append_format(buffer, "a=fmtp:%u ", format->payload_type);
        buffer_append(buffer, format->parameters);
        buffer_append_text(buffer, "\r\n");
    }
}

static void write_media_line(struct buffer *buffer, const struct sdp_media *media)
{
    buffer_append_text(buffer, "m=");
    buffer_append(buffer, media->type);
    buffer_append_format(buffer, " %u ", media->port);
    buffer_append(buffer, media->transport);
    if (media->format_list.length) {
        buffer_append_byte(buffer, ' ');
        buffer_append(buffer, media->format_list);
    } else {
        for (size_t i = 0; i < media->format_count; i++)
            buffer_append_format(buffer, " %u", media->formats[i].payload_type);
    }
    buffer_append_text(buffer, "\r\n");
}

static void write_media(struct buffer *buffer, const struct sdp_media *media,
                        struct slice session_address)
{
    write_media_line(buffer, media);
    if (media->port == 0 && media->format_list.length)
        return; /* refused: what stood in the offer is enough */
    if (media->address.length && !slice_equal(media->address, session_address)) {
        buffer_append_text(buffer, "c=");
        write_address(buffer, media->address);
    }
    for (size_t i = 0; i < media->format_count; i++)
        write_format(buffer, &media->formats[i]);
    if (media->ptime_ms)
        buffer_append_format(buffer, "a=ptime:%u\r\n", media->ptime_ms);
    if (media->maxptime_ms)
        buffer_append_format(buffer, "a=maxptime:%u\r\n", media->maxptime_ms);
    if (media->has_rtcp_mux)
        buffer_append_text(buffer, "a=rtcp-mux\r\n");
    if (media->rtcp_port)
        buffer_append_format(buffer, "a=rtcp:%u\r\n", media->rtcp_port);
    for (size_t i = 0; i < media->crypto_count; i++) {
        buffer_append_text(buffer, "a=crypto:");
        buffer_append(buffer, media->crypto[i]);
        buffer_append_text(buffer, "\r\n");
    }
    buffer_append_format(buffer, "a=%s\r\n", sdp_direction_text(media->direction));
}

void sdp_write(struct buffer *buffer, const struct sdp_session *session)
{
    buffer_append_text(buffer, "v=0\r\no=");
    buffer_append(buffer, slice_is_empty(session->username) ? slice_of("-") : session->username);
    buffer_append_byte(buffer, ' ');
    buffer_append_number(buffer, session->id);
    buffer_append_byte(buffer, ' ');
    buffer_append_number(buffer, session->version);
    buffer_append_byte(buffer, ' ');
    write_address(buffer, session->address);
    buffer_append_text(buffer, "s=-\r\nc=");
    write_address(buffer, session->address);
    buffer_append_text(buffer, "t=");
    buffer_append(buffer, slice_is_empty(session->time) ? slice_of("0 0") : session->time);
    buffer_append_text(buffer, "\r\n");
    for (size_t i = 0; i < session->media_count; i++)
        write_media(buffer, &session->media[i], session->address);
}
