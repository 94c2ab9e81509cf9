#ifndef LOAD_PRODUCER_H
#define LOAD_PRODUCER_H

#include "batch.h"
#include "histogram.h"

#include <stdint.h>

struct producer_connection;

/// Sends one prepared batch again and again, over several connections with several requests in flight on
/// each.
struct producer {
    const struct batch *batch;
    const char *topic;
    uint32_t partitions;
    uint32_t depth;
    int16_t acks;
    uint32_t next_partition;
    uint32_t connection_count;
    struct producer_connection *connections;
    int epoll;
};

enum { LARGEST_DEPTH = 1024 };

void producer_connect(struct producer *producer, const char *address, uint32_t connections);

/// Sends `frames` batches, or as many as go in `seconds` where that is not 0, and returns when all are
/// answered. Returns their number; the time of each is added to `latency` where given.
uint64_t producer_run(struct producer *producer, uint64_t frames, uint64_t seconds,
                      struct histogram *latency);

#endif
