// SPDX-License-Identifier: ISC
// Pipes to and from children, never blocking.
#pragma once

#include "io/loop.h"
#include "util/slice.h"

// fds[0] is read, fds[1] written; both close on exec. `size_bytes` 0: the kernel's default.
MUST_USE bool pipe_open(int fds[2], int size_bytes);
void pipe_set_nonblocking(int fd);

struct pipe_reader;

// An empty slice is the end of file, told once. The callback may free the reader.
typedef void pipe_received(void *user, struct slice bytes);

// Takes the descriptor over.
struct pipe_reader *pipe_reader_new(struct loop *loop, int fd, pipe_received *received, void *user);
// Hands over what is in the pipe now, at most `maximum` bytes; for the end of a child.
void pipe_reader_drain(struct pipe_reader *reader, size_t maximum);
void pipe_reader_free(struct pipe_reader *reader);

// Nobody has the other end of a pipe that is read: what is in it is the rest.
bool pipe_has_no_writer(int fd);
// So many bytes are in the pipe, of which this is either end.
size_t pipe_bytes_in(int fd);
// All of the frame or nothing: false when the reader is too slow. Frames are below PIPE_BUF.
MUST_USE bool pipe_write_frame(int fd, const void *frame, size_t size);
