#include "batch.h"

#include "big_endian.h"
#include "clocks.h"
#include "failure.h"

#include <stdlib.h>
#include <string.h>

// Where the fields of a batch header stand.
enum {
    LENGTH_AT = 8,
    MAGIC_AT = 16,
    CRC_AT = 17,
    ATTRIBUTES_AT = 21,
    LAST_OFFSET_DELTA_AT = 23,
    BASE_TIMESTAMP_AT = 27,
    MAX_TIMESTAMP_AT = 35,
    PRODUCER_ID_AT = 43,
    PRODUCER_EPOCH_AT = 51,
    BASE_SEQUENCE_AT = 53,
    COUNT_AT = 57,
};

/// The attribute of a batch in a transaction.
enum { TRANSACTIONAL = 1 << 4 };

static size_t put_varint(uint8_t *at, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    size_t length = 0;
    while (bits >= 0x80) {
        at[length++] = (uint8_t)(bits | 0x80);
        bits >>= 7;
    }
    at[length++] = (uint8_t)bits;
    return length;
}

uint64_t random_next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t put_bytes(uint8_t *at, const void *bytes, size_t length) {
    size_t prefix = put_varint(at, bytes == NULL ? -1 : (int64_t)length);
    if (bytes != NULL) memcpy(at + prefix, bytes, length);
    return prefix + length;
}

static size_t varint_bytes(int64_t value) {
    uint8_t unused[10];
    return put_varint(unused, value);
}

struct batch batch_begin(size_t capacity) {
    size_t whole = (BATCH_HEADER_BYTES + capacity + 4095) / 4096 * 4096;
    struct batch batch = {.bytes = aligned_alloc(4096, whole), .length = BATCH_HEADER_BYTES};
    if (batch.bytes == NULL) fail("no memory for a batch of %zu bytes", whole);
    batch.capacity = whole;
    return batch;
}

int batch_add(struct batch *batch, const struct record *record, size_t limit) {
    // Attributes, time delta, offset delta, key, value, no headers.
    size_t key = record->key == NULL ? 0 : record->key_bytes;
    size_t body = 2 + varint_bytes(batch->records) +
                  varint_bytes(record->key == NULL ? -1 : (int64_t)record->key_bytes) + key +
                  varint_bytes((int64_t)record->value_bytes) + record->value_bytes + 1;
    size_t length = batch->length + varint_bytes((int64_t)body) + body;
    if (length > limit || length > batch->capacity) return 0;
    uint8_t *at = batch->bytes + batch->length;
    at += put_varint(at, (int64_t)body);
    *at++ = 0;
    *at++ = 0;
    at += put_varint(at, batch->records);
    at += put_bytes(at, record->key, key);
    at += put_bytes(at, record->value, record->value_bytes);
    *at++ = 0;
    batch->length = (size_t)(at - batch->bytes);
    batch->records++;
    batch->value_bytes += record->value_bytes;
    return 1;
}

void batch_finish(struct batch *batch, int64_t time) {
    uint8_t *header = batch->bytes;
    memset(header, 0, BATCH_HEADER_BYTES);
    put32(header + LENGTH_AT, (uint32_t)(batch->length - BATCH_PREFIX_BYTES));
    header[MAGIC_AT] = 2;
    put32(header + LAST_OFFSET_DELTA_AT, (uint32_t)(batch->records - 1));
    put64(header + BASE_TIMESTAMP_AT, (uint64_t)time);
    put64(header + MAX_TIMESTAMP_AT, (uint64_t)time);
    // No producer id: the same batch can be sent again and again.
    put64(header + PRODUCER_ID_AT, UINT64_MAX);
    put16(header + PRODUCER_EPOCH_AT, UINT16_MAX);
    put32(header + BASE_SEQUENCE_AT, UINT32_MAX);
    put32(header + COUNT_AT, (uint32_t)batch->records);
    put32(header + CRC_AT, crc32c(header + ATTRIBUTES_AT, batch->length - ATTRIBUTES_AT));
}

struct batch batch_build(size_t batch_bytes, size_t record_bytes) {
    // The fields around a value take at most 40 bytes; the first record always finds room.
    size_t least = BATCH_HEADER_BYTES + record_bytes + 40;
    size_t limit = batch_bytes > least ? batch_bytes : least;
    struct batch batch = batch_begin(limit);
    uint8_t *value = malloc(record_bytes + 1);
    if (value == NULL) fail("no memory for a record of %zu bytes", record_bytes);
    uint64_t random = 0x9e3779b97f4a7c15;
    do {
        for (size_t i = 0; i < record_bytes; i++) value[i] = (uint8_t)(random_next(&random) >> 24);
        struct record record = {.value = value, .value_bytes = record_bytes};
        if (!batch_add(&batch, &record, limit)) break;
    } while (batch.length < batch_bytes);
    free(value);
    batch_finish(&batch, wall_milliseconds());
    return batch;
}

struct batch_stamp batch_stamp_prepare(const struct batch *batch) {
    struct batch_stamp stamp = {.batch = batch};
    crc32c_prepare_shift(&stamp.shift, batch->length - BATCH_HEADER_BYTES);
    return stamp;
}

void batch_stamp_write(const struct batch_stamp *stamp, const struct batch_origin *origin, uint8_t *header) {
    const size_t checked = BATCH_HEADER_BYTES - ATTRIBUTES_AT;
    const uint8_t *own = stamp->batch->bytes;
    memcpy(header, own, BATCH_HEADER_BYTES);
    put16(header + ATTRIBUTES_AT, origin->is_transactional ? TRANSACTIONAL : 0);
    put64(header + PRODUCER_ID_AT, origin->producer_id);
    put16(header + PRODUCER_EPOCH_AT, origin->epoch);
    put32(header + BASE_SEQUENCE_AT, origin->sequence);
    uint32_t difference = crc32c(own + ATTRIBUTES_AT, checked) ^ crc32c(header + ATTRIBUTES_AT, checked);
    put32(header + CRC_AT, get32(own + CRC_AT) ^ crc32c_shifted(&stamp->shift, difference));
}

void batch_free(struct batch *batch) {
    free(batch->bytes);
    *batch = (struct batch){0};
}

int batch_is_valid(const uint8_t *records, size_t length) {
    if (length < BATCH_HEADER_BYTES || records[MAGIC_AT] != 2) return 0;
    if (get32(records + LENGTH_AT) + (size_t)BATCH_PREFIX_BYTES != length) return 0;
    return crc32c(records + ATTRIBUTES_AT, length - ATTRIBUTES_AT) == get32(records + CRC_AT);
}

size_t batches_walk(const uint8_t *records, size_t length, int64_t *next_offset) {
    size_t position = 0;
    while (length - position >= BATCH_HEADER_BYTES) {
        const uint8_t *header = records + position;
        size_t whole = get32(header + LENGTH_AT) + (size_t)BATCH_PREFIX_BYTES;
        if (whole < BATCH_HEADER_BYTES) fail("a fetched batch claims %zu bytes", whole);
        if (whole > length - position) break;
        *next_offset = (int64_t)get64(header) + (int64_t)get32(header + LAST_OFFSET_DELTA_AT) + 1;
        position += whole;
    }
    return position;
}
