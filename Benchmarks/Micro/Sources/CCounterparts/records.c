#include "counterparts.h"

#include "crc32c.h"
#include "failure.h"

#include <string.h>

enum { LEADER_EPOCH = 12, CHECKSUM = 17, ATTRIBUTES = 21 };

void c_append_batch(void *batch, size_t count, int64_t offset, int32_t epoch) {
    char *bytes = batch;
    uint32_t stored;
    memcpy(&stored, bytes + CHECKSUM, sizeof stored);
    if (crc32c(bytes + ATTRIBUTES, count - ATTRIBUTES) != __builtin_bswap32(stored)) fail("wrong checksum");
    uint64_t base = __builtin_bswap64((uint64_t)offset);
    uint32_t leader = __builtin_bswap32((uint32_t)epoch);
    memcpy(bytes, &base, sizeof base);
    memcpy(bytes + LEADER_EPOCH, &leader, sizeof leader);
}

static inline int64_t read_varint(const unsigned char **next, const unsigned char *end) {
    uint64_t value = 0;
    for (int shift = 0; *next < end && shift < 64; shift += 7) {
        unsigned char byte = *(*next)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
    }
    fail("malformed varint");
}

int64_t c_walk_records(const void *records, size_t count) {
    const unsigned char *next = records, *end = next + count;
    int64_t sum = 0;
    while (next < end) {
        int64_t length = read_varint(&next, end);
        if (length < 0 || length > end - next) fail("malformed record");
        const unsigned char *last = next + length;
        next++;
        read_varint(&next, last);
        read_varint(&next, last);
        int64_t key = read_varint(&next, last);
        if (key > last - next) fail("malformed key");
        if (key > 0) next += key;
        int64_t value = read_varint(&next, last);
        if (value > last - next) fail("malformed value");
        sum += value;
        if (value > 0) next += value;
        if (read_varint(&next, last) == 0 && next != last) fail("malformed headers");
        next = last;
    }
    return sum;
}

int64_t c_read_varints(const void *bytes, size_t count) {
    const unsigned char *next = bytes, *end = next + count;
    int64_t sum = 0;
    while (next < end) sum += read_varint(&next, end);
    return sum;
}

size_t c_write_varints(const int64_t *values, size_t count, void *output) {
    unsigned char *next = output;
    for (size_t i = 0; i < count; i++) {
        uint64_t rest = (uint64_t)values[i] << 1 ^ (uint64_t)(values[i] >> 63);
        for (; rest >= 0x80; rest >>= 7) *next++ = (unsigned char)rest | 0x80;
        *next++ = (unsigned char)rest;
    }
    return (size_t)(next - (unsigned char *)output);
}
