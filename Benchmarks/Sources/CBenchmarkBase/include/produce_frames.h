#ifndef BENCHMARK_PRODUCE_FRAMES_H
#define BENCHMARK_PRODUCE_FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum {
    /// Where in a request frame (its length included) the correlation id stands.
    REQUEST_CORRELATION_AT = 8,
};

struct produce_request {
    const char *topic;
    uint32_t partition;
    int16_t acks;
    uint32_t correlation;
    size_t record_bytes;
};

/// Writes everything that precedes the records. Returns its length.
size_t write_produce_request(uint8_t *frame, const struct produce_request *request);

/// What a server reads in a Produce request of one topic and one partition.
struct produce_view {
    uint32_t correlation;
    int16_t acks;
    const uint8_t *topic;
    size_t topic_bytes;
    uint32_t partition;
    const uint8_t *records;
    size_t record_bytes;
};

/// Reads a frame without its length. Returns 0 where it is not such a request.
int read_produce_request(const uint8_t *frame, size_t length, struct produce_view *view);

/// Writes the answer of a server, its length included. Returns its length.
size_t write_produce_response(uint8_t *frame, const struct produce_view *view, int64_t base_offset);

/// Reads an answer without its length. Returns the error code, or -1 where it is malformed; the correlation
/// id in `correlation`.
int read_produce_response(const uint8_t *frame, size_t length, uint32_t *correlation);

#endif
