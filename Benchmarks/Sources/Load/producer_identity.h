#ifndef LOAD_PRODUCER_IDENTITY_H
#define LOAD_PRODUCER_IDENTITY_H

#include "asker.h"
#include "transaction_frames.h"

/// An idempotent or transactional producer: its name, and how far it has come in each partition.
struct producer_identity {
    struct producer_name name;
    struct transaction_version version;
    uint32_t partitions;
    uint32_t *sequences;
};

/// Asks for an id, when the coordinator of the transactional id, where there is one, has loaded what it
/// needs. Ends the program where the server lacks what such producers ask for.
struct producer_identity identity_obtain(struct asker *asker, const char *transactional_id,
                                         struct transaction_version version, uint32_t partitions);

/// The next batch for a partition, and the request it goes with.
struct identity_batch {
    const struct batch_stamp *stamp;
    const char *topic;
    uint32_t partition;
    int16_t acks;
    uint32_t correlation;
};

/// Writes a Produce request up to the end of the batch's header, and counts its records as sent. The rest of
/// the batch follows, then `PRODUCE_TAIL_BYTES` zeros; the frame is not finished.
void identity_write_batch(struct producer_identity *identity, const struct identity_batch *next,
                          struct frame_writer *writer);

/// Counts so many records as not sent: their batch was refused, and will be sent again.
void identity_take_back(struct producer_identity *identity, uint32_t partition, int32_t records);

/// Takes an answer to EndTxn: a new id or epoch begins with new sequences. Returns the error code.
int identity_read_end(struct producer_identity *identity, struct frame_reader *reader);

void identity_free(struct producer_identity *identity);

#endif
