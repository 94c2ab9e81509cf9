#ifndef LOAD_PRODUCER_H
#define LOAD_PRODUCER_H

#include "batch.h"
#include "histogram.h"
#include "producer_identity.h"
#include "transaction_pace.h"

#include <stdint.h>

struct producer_connection;

/// Sends prepared batches in turn, again and again, over several connections with several requests in flight
/// on each.
struct producer {
    const struct batch *batches;
    size_t batch_count;
    size_t next_batch;
    const char *topic;
    uint32_t partitions;
    uint32_t depth;
    int16_t acks;
    /// Bytes a second at most; 0 for as many as get through.
    uint64_t rate;
    /// Null for batches without a producer's id. With one there is a single batch, and a single connection.
    struct producer_identity *identity;
    /// Null where there are no transactions.
    struct transaction_pace *pace;
    /// Null where nobody wants to know when each batch was sent. The next batch has the index `sent_count`.
    _Atomic uint64_t *sent_at;
    uint64_t sent_at_room;
    uint64_t sent_count;
    struct batch_stamp stamp;
    uint32_t next_partition;
    uint32_t connection_count;
    struct producer_connection *connections;
    int epoll;
};

enum { LARGEST_DEPTH = 1024 };

void producer_connect(struct producer *producer, const char *address, uint32_t connections);

/// What was sent, and answered.
struct production {
    uint64_t requests;
    uint64_t bytes;
    uint64_t records;
    uint64_t value_bytes;
};

/// Sends batches of `bytes` together, or as many as go in `seconds` where that is not 0, and returns when all
/// are answered; the last transaction has ended then. The time of each batch is added to `latency` where
/// given.
struct production producer_run(struct producer *producer, uint64_t bytes, uint64_t seconds,
                               struct histogram *latency);

#endif
