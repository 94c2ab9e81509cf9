#ifndef BENCHMARK_TRANSACTION_FRAMES_H
#define BENCHMARK_TRANSACTION_FRAMES_H

#include "batch.h"
#include "frames.h"

/// Frames of idempotent and transactional producers, in the compact encoding. Readers stand after the
/// correlation id and return the error code, or -1 where the answer is malformed.

enum {
    INIT_PRODUCER_ID_KEY = 22,
    INIT_PRODUCER_ID_VERSION = 4,
    ADD_PARTITIONS_TO_TXN_KEY = 24,
    ADD_PARTITIONS_TO_TXN_VERSION = 3,
    END_TXN_KEY = 26,

    ERROR_CONCURRENT_TRANSACTIONS = 51,

    /// What follows the records of a Produce request: no tagged fields, three times.
    PRODUCE_TAIL_BYTES = 3,
};

/// How a producer and its coordinator agree on a transaction.
struct transaction_version {
    /// From version 12 on the broker adds partitions to the transaction.
    int16_t produce;
    /// From version 5 on each transaction has an epoch of its own.
    int16_t end;
};

static const struct transaction_version transaction_version_1 = {.produce = 11, .end = 3};
static const struct transaction_version transaction_version_2 = {.produce = 12, .end = 5};

/// A producer as it names itself.
struct producer_name {
    /// Null for one that is idempotent alone.
    const char *transactional_id;
    uint64_t id;
    uint16_t epoch;
};

/// Asks for a new id, or for the next epoch of the one that goes with the transactional id.
void write_init_producer_id_request(struct frame_writer *writer, const char *transactional_id,
                                    uint32_t correlation);
/// Sets id and epoch.
int read_init_producer_id_response(struct frame_reader *reader, struct producer_name *name);

void write_add_partition_request(struct frame_writer *writer, const struct producer_name *name,
                                 const char *topic, uint32_t partition, uint32_t correlation);
int read_add_partition_response(struct frame_reader *reader);

struct end_txn_request {
    int16_t version;
    int commits;
};

void write_end_txn_request(struct frame_writer *writer, const struct producer_name *name,
                           const struct end_txn_request *request, uint32_t correlation);
/// Sets id and epoch where the version has them.
int read_end_txn_response(struct frame_reader *reader, int16_t version, struct producer_name *name);

/// One batch for one partition.
struct named_produce_request {
    int16_t version;
    const char *topic;
    uint32_t partition;
    int16_t acks;
    uint32_t correlation;
    size_t record_bytes;
};

/// Writes everything that precedes the records. The frame is not finished.
void write_named_produce_request(struct frame_writer *writer, const struct producer_name *name,
                                 const struct named_produce_request *request);
int read_named_produce_response(struct frame_reader *reader);

#endif
