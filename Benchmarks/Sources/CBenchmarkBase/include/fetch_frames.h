#ifndef BENCHMARK_FETCH_FRAMES_H
#define BENCHMARK_FETCH_FRAMES_H

#include <stddef.h>
#include <stdint.h>

struct fetch_request {
    const char *topic;
    uint32_t partition;
    uint32_t correlation;
    uint64_t offset;
    uint32_t max_bytes;
    /// Whether records of open and aborted transactions are to be told from others.
    int reads_committed;
};

/// Writes a whole request, its length included. Returns its length.
size_t write_fetch_request(uint8_t *frame, const struct fetch_request *request);

/// Reads what a server needs of a request without its length: all but the topic's name, which is left null.
/// Returns 0 where it is not a request of one topic and one partition.
int read_fetch_request(const uint8_t *frame, size_t length, struct fetch_request *request);

/// Writes everything of a server's answer that precedes the records, the length of the frame included.
/// Returns its length.
size_t write_fetch_response(uint8_t *frame, const struct fetch_request *request, uint64_t high_watermark,
                            size_t record_bytes);

/// What a client reads in an answer of one topic and one partition.
struct fetch_view {
    uint32_t correlation;
    int error;
    uint64_t high_watermark;
    uint64_t log_start_offset;
    /// Entries of the list of aborted transactions.
    uint32_t aborted;
    const uint8_t *records;
    size_t record_bytes;
};

/// Reads a frame without its length. Returns 0 where it is malformed.
int read_fetch_response(const uint8_t *frame, size_t length, struct fetch_view *view);

#endif
