#include "batch.h"

#include "big_endian.h"
#include "clocks.h"
#include "crc32c.h"
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

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/// Writes the record without its length: attributes, deltas, no key, a random value, no headers.
static size_t put_record_body(uint8_t *at, int32_t offset_delta, size_t value_bytes, uint64_t *random) {
    size_t length = 0;
    at[length++] = 0;
    length += put_varint(at + length, 0);
    length += put_varint(at + length, offset_delta);
    length += put_varint(at + length, -1);
    length += put_varint(at + length, (int64_t)value_bytes);
    for (size_t i = 0; i < value_bytes; i++) at[length + i] = (uint8_t)(next_random(random) >> 24);
    length += value_bytes;
    length += put_varint(at + length, 0);
    return length;
}

struct batch batch_build(size_t batch_bytes, size_t record_bytes) {
    // The fields around a value take at most 40 bytes.
    size_t room = record_bytes + 40;
    size_t capacity = BATCH_HEADER_BYTES + room + batch_bytes;
    struct batch batch = {.bytes = aligned_alloc(4096, (capacity + 4095) / 4096 * 4096)};
    uint8_t *record = malloc(room);
    if (batch.bytes == NULL || record == NULL) fail("no memory for a batch of %zu bytes", batch_bytes);
    uint64_t random = 0x9e3779b97f4a7c15;

    batch.length = BATCH_HEADER_BYTES;
    for (;;) {
        size_t body = put_record_body(record, batch.records, record_bytes, &random);
        if (batch.records > 0 && batch.length + body + 5 > batch_bytes) break;
        batch.length += put_varint(batch.bytes + batch.length, (int64_t)body);
        memcpy(batch.bytes + batch.length, record, body);
        batch.length += body;
        batch.records++;
    }
    free(record);

    uint8_t *header = batch.bytes;
    memset(header, 0, BATCH_HEADER_BYTES);
    put32(header + LENGTH_AT, (uint32_t)(batch.length - BATCH_PREFIX_BYTES));
    header[MAGIC_AT] = 2;
    put32(header + LAST_OFFSET_DELTA_AT, (uint32_t)(batch.records - 1));
    uint64_t now = (uint64_t)wall_milliseconds();
    put64(header + BASE_TIMESTAMP_AT, now);
    put64(header + MAX_TIMESTAMP_AT, now);
    // No producer id: the same batch can be sent again and again.
    put64(header + PRODUCER_ID_AT, UINT64_MAX);
    put16(header + PRODUCER_EPOCH_AT, UINT16_MAX);
    put32(header + BASE_SEQUENCE_AT, UINT32_MAX);
    put32(header + COUNT_AT, (uint32_t)batch.records);
    put32(header + CRC_AT, crc32c(header + ATTRIBUTES_AT, batch.length - ATTRIBUTES_AT));
    return batch;
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
