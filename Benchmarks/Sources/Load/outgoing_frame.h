#ifndef LOAD_OUTGOING_FRAME_H
#define LOAD_OUTGOING_FRAME_H

#include "frames.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { OUTGOING_PARTS = 3 };

/// A frame that is being sent: its own first bytes, then records that it shares with others, then zeros.
struct outgoing_frame {
    uint8_t prefix[FRAME_ROOM];
    struct iovec parts[OUTGOING_PARTS];
    size_t sent;
    int is_unsent;
};

/// What follows the prefix.
struct outgoing_rest {
    const uint8_t *records;
    size_t record_bytes;
    /// At most 8.
    size_t zeros;
};

/// Begins with a frame whose prefix is written.
void outgoing_begin(struct outgoing_frame *frame, size_t prefix_length, struct outgoing_rest rest);

/// Sends as much as goes. Returns 0 when the socket is full.
int outgoing_send(struct outgoing_frame *frame, int socket);

#endif
