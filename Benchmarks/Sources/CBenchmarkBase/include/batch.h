#ifndef BENCHMARK_BATCH_H
#define BENCHMARK_BATCH_H

#include <stddef.h>
#include <stdint.h>

enum {
    BATCH_HEADER_BYTES = 61,
    /// Base offset and length: what is needed to step over a batch.
    BATCH_PREFIX_BYTES = 12,
};

/// A record batch, format 2, uncompressed, with random values and a correct CRC.
struct batch {
    uint8_t *bytes;
    size_t length;
    int32_t records;
};

/// Builds the largest batch of at most `batch_bytes` from records of `record_bytes` each; at least one
/// record.
struct batch batch_build(size_t batch_bytes, size_t record_bytes);

void batch_free(struct batch *batch);

/// Whether `records` is one whole batch of format 2 whose CRC is right.
int batch_is_valid(const uint8_t *records, size_t length);

/// Steps over the whole batches in `records`. Returns their bytes, and in `next_offset` the offset that
/// follows the last of them (unchanged where there is none). A batch that is cut off at the end is left for
/// the next fetch.
size_t batches_walk(const uint8_t *records, size_t length, int64_t *next_offset);

#endif
