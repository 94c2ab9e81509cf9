#ifndef BENCHMARK_BATCH_H
#define BENCHMARK_BATCH_H

#include "crc32c.h"

#include <stddef.h>
#include <stdint.h>

enum {
    BATCH_HEADER_BYTES = 61,
    /// Base offset and length: what is needed to step over a batch.
    BATCH_PREFIX_BYTES = 12,
};

/// A record batch, format 2, uncompressed.
struct batch {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
    int32_t records;
    /// What users count: the values alone.
    size_t value_bytes;
};

struct record {
    /// Null for a record without key.
    const void *key;
    size_t key_bytes;
    const void *value;
    size_t value_bytes;
};

/// A batch without records, with room for `capacity` bytes of them.
struct batch batch_begin(size_t capacity);

/// Returns 0 where the batch would grow beyond `limit` bytes, or its room.
int batch_add(struct batch *batch, const struct record *record, size_t limit);

/// Writes the header, for records of the given time.
void batch_finish(struct batch *batch, int64_t time);

/// Builds the largest batch of at most `batch_bytes` from records with random values of `record_bytes` each;
/// at least one record.
struct batch batch_build(size_t batch_bytes, size_t record_bytes);

/// Who made a batch, where somebody did: what tells a batch that is sent twice from two batches.
struct batch_origin {
    uint64_t producer_id;
    uint16_t epoch;
    uint32_t sequence;
    int is_transactional;
};

/// Makes headers for a batch that is sent again and again, each with another origin, without reading its
/// records again.
struct batch_stamp {
    const struct batch *batch;
    struct crc32c_shift shift;
};

struct batch_stamp batch_stamp_prepare(const struct batch *batch);

/// Writes the `BATCH_HEADER_BYTES` to be sent in place of the batch's own.
void batch_stamp_write(const struct batch_stamp *stamp, const struct batch_origin *origin, uint8_t *header);

/// The next of a sequence of random numbers. The state is never 0.
uint64_t random_next(uint64_t *state);

void batch_free(struct batch *batch);

/// Whether `records` is one whole batch of format 2 whose CRC is right.
int batch_is_valid(const uint8_t *records, size_t length);

/// Steps over the whole batches in `records`. Returns their bytes, and in `next_offset` the offset that
/// follows the last of them (unchanged where there is none). A batch that is cut off at the end is left for
/// the next fetch.
size_t batches_walk(const uint8_t *records, size_t length, int64_t *next_offset);

#endif
