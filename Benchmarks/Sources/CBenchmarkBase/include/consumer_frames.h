#ifndef BENCHMARK_CONSUMER_FRAMES_H
#define BENCHMARK_CONSUMER_FRAMES_H

#include "frames.h"

/// The one request of consumer groups (KIP-848), which exists in the compact encoding alone.

enum {
    CONSUMER_HEARTBEAT_KEY = 68,
    CONSUMER_HEARTBEAT_VERSION = 1,
    /// The epoch of one who joins, and of one who leaves.
    EPOCH_OF_JOINING = 0,
    EPOCH_OF_LEAVING = -1,
};

struct consumer_heartbeat {
    const char *group;
    const char *member;
    int32_t epoch;
    /// What is subscribed to; null where it is the same as before.
    const char *topic;
    /// The partitions that it has, encoded as the server assigned them; null where they are the same as
    /// before.
    const uint8_t *owned;
    size_t owned_bytes;
};

void write_consumer_heartbeat(struct frame_writer *writer, const struct consumer_heartbeat *heartbeat,
                              uint32_t correlation);

struct consumer_heartbeat_response {
    int error;
    int32_t epoch;
    /// What the member is to have from now on, still encoded; null where nothing changes.
    const uint8_t *assignment;
    size_t assignment_bytes;
    uint32_t partitions;
};

/// Reads an answer after its correlation id. Returns 0 where it is malformed.
int read_consumer_heartbeat_response(struct frame_reader *reader,
                                     struct consumer_heartbeat_response *response);

/// Writes the answer of a server that finds all well. The request is given without its length. Returns 0
/// where it is malformed.
int answer_consumer_heartbeat(struct frame_writer *writer, const uint8_t *request, size_t length);

#endif
