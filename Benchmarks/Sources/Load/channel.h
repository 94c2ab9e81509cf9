#ifndef LOAD_CHANNEL_H
#define LOAD_CHANNEL_H

#include "frames.h"

#include <stddef.h>
#include <stdint.h>

/// Bytes that are on their way, in a buffer that grows.
struct pipe_end {
    uint8_t *bytes;
    size_t filled;
    size_t room;
};

/// Who asked, and when.
struct question {
    void *owner;
    uint32_t correlation;
    uint64_t asked_at;
};

/// A connection that carries the questions of many. Answers come in the order of the questions.
struct channel {
    int socket;
    struct pipe_end output;
    size_t sent;
    struct pipe_end input;
    /// A ring of what is not answered yet.
    struct question *questions;
    size_t first;
    size_t count;
    size_t room;
    uint32_t next_correlation;
};

struct channels {
    struct channel *all;
    size_t count;
    int epoll;
};

struct channels channels_open(const char *address, size_t count);

/// A writer with at least this room for a request, whose correlation id is `channel->next_correlation`.
struct frame_writer channel_begin(struct channel *channel, size_t room);

/// Sends a finished frame, or as much of it as goes; the rest follows.
void channel_ask(struct channel *channel, const struct frame_writer *writer, void *owner);

/// Something that was answered: the reader stands after the correlation id.
struct channel_answer {
    void *owner;
    struct frame_reader body;
    uint64_t nanoseconds;
};

typedef void (*answer_handler)(void *context, struct channel_answer *answer);

/// Waits until something has come, at most until the given time of the monotonic clock, and hands over what
/// is there. The handler may ask.
void channels_wait(struct channels *channels, uint64_t until, answer_handler handler, void *context);

#endif
