// SPDX-License-Identifier: ISC
// Every limit on what a peer, a hook, a client or a file can make grow. Bytes unless said
// otherwise.
#pragma once

enum limits {
    // SIP stream and messages (threats S1 to S5)
    LIMIT_SIP_HEADER_BLOCK = 32 * 1024, // a larger one is answered 513, or cut where that can be
    LIMIT_SIP_LINE = 8 * 1024,          // a header value; of a list, each
    LIMIT_SIP_HEADERS = 256,            // values that a request brings, after lists were split
    LIMIT_SIP_RESPONSE_HEADERS = 4096,  // and a response, which may list all that are registered
    LIMIT_SIP_BODY = 64 * 1024,
    LIMIT_SIP_MESSAGE = LIMIT_SIP_HEADER_BLOCK + LIMIT_SIP_BODY, // that we write
    LIMIT_SIP_FRAMED_BLOCK = 256 * 1024,                         // what is larger loses the framing
    LIMIT_SIP_FRAMED_BODY = 256 * 1024,
    LIMIT_SIP_FRAMED = LIMIT_SIP_FRAMED_BLOCK + LIMIT_SIP_FRAMED_BODY,
    LIMIT_SIP_MESSAGE_MS = 32000, // from a message's first byte to its last
    LIMIT_SIP_PARAMETERS = 64,    // per header value
    LIMIT_SIP_PARTS = 8,          // of a multipart body
    LIMIT_SIP_ROUTES = 32,
    LIMIT_SIP_CHALLENGES = 16,
    LIMIT_SIP_DIGEST_VALUE = 2048,   // a challenge's realm, nonce, opaque …
    LIMIT_SIP_DIGEST_REALMS = 32,    // of REGISTER, calls and messages, whose nonces are kept
    LIMIT_SIP_DIGEST_REQUESTS = 256, // challenged requests remembered, to count attempts
    // The next three grow with limits.calls, to so many for each call.
    LIMIT_SIP_TRANSACTIONS = 256,       // of requests that came and wait for an answer or ACK
    LIMIT_SIP_TRANSACTIONS_ENDED = 128, // INVITEs answered and acknowledged, kept for 64*T1
    LIMIT_SIP_OWED =
        64, // requests of ours that nobody waits for (BYE to a fork, PRACK), unanswered
    LIMIT_SIP_TRANSACTIONS_PER_CALL = 4,
    LIMIT_SIP_TRANSACTIONS_ENDED_PER_CALL = 2,
    LIMIT_SIP_OWED_PER_CALL = 1,
    LIMIT_SERVER_TARGETS = 16,        // servers found by DNS
    LIMIT_SERVER_RECORDS = 64,        // NAPTR or SRV records of one name
    LIMIT_WRITE_QUEUE = 1024 * 1024,  // unsent bytes of the SIP connection
    LIMIT_WRITE_BACKLOG = 128 * 1024, // of those, beyond which nothing more is read from it

    // The server's certificate (threats A6, A7)
    LIMIT_CERTIFICATE = 8 * 1024, // each
    LIMIT_CERTIFICATE_CHAIN = 6,  // of them
    LIMIT_CERTIFICATE_NAMES = 256,
    LIMIT_CERTIFICATE_NAME = 1024,
    LIMIT_TLS_HANDSHAKE = 64 * 1024, // one handshake message
    LIMIT_TLS_SESSION = 64 * 1024,   // kept for resumption

    // SDP (threat M1)
    LIMIT_SDP_MEDIA = 8,
    LIMIT_SDP_FORMATS = 32,    // payload types per media line
    LIMIT_SDP_ATTRIBUTES = 64, // per media section
    LIMIT_SDP_BYTES = 16 * 1024,
    LIMIT_SDP_CRYPTO = 16, // a=crypto lines per media section (threat M3)

    // Media
    LIMIT_RTP_PACKET = 1500,
    LIMIT_JITTER_PACKETS = 64,
    LIMIT_SRTP_MKI = 128,         // RFC 4568 6.1
    LIMIT_SRTP_SOURCES = 16,      // SSRCs of one key that are remembered
    LIMIT_LISTENERS = 4,          // to the audio of one call
    LIMIT_DIGITS_QUEUED = 64,     // per call
    LIMIT_DIGITS_PER_SECOND = 20, // that a call may bring, and so many at once

    // Agent
    LIMIT_CALLS = 10000,              // the highest value of limits.calls
    LIMIT_REFUSED_CALLS_TOLD = 20,    // to hooks, at once
    LIMIT_REFUSED_CALL_MS = 5 * 1000, // until one more is
    LIMIT_PROVISIONALS = 16,          // changes of what the caller of one call is told
    LIMIT_CALL_NOTICES = 16,          // lines about what one call may repeat at will
    LIMIT_REFERS = 16,                // that one call may bring before a hook
    LIMIT_EARLY_DIALOGS = 16,         // of one INVITE of ours
    LIMIT_DIALS = 1000,               // the highest value of dial.per_hour
    LIMIT_MESSAGES = 32,              // MESSAGEs of ours that await their answers
    LIMIT_MESSAGE_TEXT = 8 * 1024,
    LIMIT_CALL_RECORD = 256 * 1024,       // of one call on disk
    LIMIT_CALL_RECORDS = 2 * LIMIT_CALLS, // taken up at a start

    // Hooks
    LIMIT_HOOKS = 10000, // the highest value of hooks.max
    LIMIT_HOOK_LINE = 1024,
    LIMIT_HOOK_LINES_LOGGED = 32,  // per run, of either stream
    LIMIT_HOOK_WORDS = 16,         // per run: of ring and progress, which decide nothing for good
    LIMIT_HOOK_EVENTS_QUEUED = 64, // per call
    LIMIT_HOOK_FILES = 1024,       // whose figures are kept
    LIMIT_HOOK_FILE_NAME = 320,
    LIMIT_HOOK_KEPT = 1024, // text messages whose hooks are not done
    LIMIT_HOOK_VALUE = 128, // of one environment variable
    LIMIT_REHEARSALS = 4,   // of `test`, at once
    LIMIT_HOOK_CHAIN = 64,  // executables in one event.d directory

    // Control socket
    LIMIT_CONTROL_CLIENTS = 64,
    LIMIT_CONTROL_KEPT = 4, // beyond those, of root and of the daemon's own user
    LIMIT_CONTROL_TOKEN = 64,
    LIMIT_CONTROL_LINE = 16 * 1024,
    LIMIT_CONTROL_BACKLOG = 256 * 1024,
    LIMIT_CONTROL_CALLS = 128 * 1024, // of the answer to `calls`
    LIMIT_CONTROL_PENDING = 1024,     // calls of one client, and commands that have not ended
    LIMIT_TRACE = 96 * 1024, // of messages kept for `trace`; as JSON they fit a client's backlog

    // Files
    LIMIT_CONFIG_FILE = 1024 * 1024,
    LIMIT_SECRET = 1024,
    LIMIT_CERTIFICATES = 4 * 1024 * 1024,
};
