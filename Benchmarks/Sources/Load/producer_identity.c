#include "producer_identity.h"

#include "clocks.h"
#include "failure.h"
#include "group_frames.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t coordinator_timeout = 20000000000;

static void require_apis(struct asker *asker, const char *transactional_id,
                         struct transaction_version version) {
    const struct api apis[] = {
        {INIT_PRODUCER_ID_KEY, INIT_PRODUCER_ID_VERSION},
        {PRODUCE_KEY, version.produce},
        {FIND_COORDINATOR_KEY, FIND_COORDINATOR_VERSION},
        {ADD_PARTITIONS_TO_TXN_KEY, ADD_PARTITIONS_TO_TXN_VERSION},
        {END_TXN_KEY, version.end},
    };
    asker_require(asker, apis, transactional_id == NULL ? 2 : sizeof apis / sizeof *apis);
}

/// One attempt. Returns the error code.
static int ask(struct asker *asker, struct producer_name *name) {
    if (name->transactional_id != NULL) {
        struct frame_writer writer = asker_next(asker);
        write_find_coordinator_request(&writer, name->transactional_id, COORDINATOR_OF_TRANSACTION,
                                       asker->correlation);
        struct frame_reader reader = asker_ask(asker, &writer);
        int error = read_find_coordinator_response(&reader);
        if (error != 0) return error;
    }
    struct frame_writer writer = asker_next(asker);
    write_init_producer_id_request(&writer, name->transactional_id, asker->correlation);
    struct frame_reader reader = asker_ask(asker, &writer);
    return read_init_producer_id_response(&reader, name);
}

struct producer_identity identity_obtain(struct asker *asker, const char *transactional_id,
                                         struct transaction_version version, uint32_t partitions) {
    struct producer_identity identity = {
        .name.transactional_id = transactional_id,
        .version = version,
        .partitions = partitions,
        .sequences = calloc(partitions, sizeof *identity.sequences),
    };
    if (identity.sequences == NULL) fail("no memory for %u sequences", partitions);
    require_apis(asker, transactional_id, version);
    uint64_t limit = monotonic_nanoseconds() + coordinator_timeout;
    for (;;) {
        int error = ask(asker, &identity.name);
        if (error == 0) return identity;
        if (!is_coordinator_not_ready(error) && error != ERROR_CONCURRENT_TRANSACTIONS)
            fail("InitProducerId was answered with error code %d", error);
        if (monotonic_nanoseconds() > limit) fail("still no producer id: error code %d", error);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

void identity_write_batch(struct producer_identity *identity, const struct identity_batch *next,
                          struct frame_writer *writer) {
    const struct batch *batch = next->stamp->batch;
    struct named_produce_request request = {
        .version = identity->version.produce,
        .topic = next->topic,
        .partition = next->partition,
        .acks = next->acks,
        .correlation = next->correlation,
        .record_bytes = batch->length,
    };
    write_named_produce_request(writer, &identity->name, &request);
    uint32_t *sequence = &identity->sequences[next->partition];
    struct batch_origin origin = {
        .producer_id = identity->name.id,
        .epoch = identity->name.epoch,
        .sequence = *sequence,
        .is_transactional = identity->name.transactional_id != NULL,
    };
    uint8_t header[BATCH_HEADER_BYTES];
    batch_stamp_write(next->stamp, &origin, header);
    write_bytes(writer, header, sizeof header);
    // After the largest signed number comes 0.
    *sequence = (*sequence + (uint32_t)batch->records) & INT32_MAX;
}

void identity_take_back(struct producer_identity *identity, uint32_t partition, int32_t records) {
    uint32_t *sequence = &identity->sequences[partition];
    *sequence = (*sequence - (uint32_t)records) & INT32_MAX;
}

int identity_read_end(struct producer_identity *identity, struct frame_reader *reader) {
    struct producer_name before = identity->name;
    int error = read_end_txn_response(reader, identity->version.end, &identity->name);
    if (identity->name.id != before.id || identity->name.epoch != before.epoch)
        memset(identity->sequences, 0, identity->partitions * sizeof *identity->sequences);
    return error;
}

void identity_free(struct producer_identity *identity) {
    free(identity->sequences);
    *identity = (struct producer_identity){0};
}
