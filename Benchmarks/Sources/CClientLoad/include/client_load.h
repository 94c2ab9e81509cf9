#ifndef BENCHMARK_CLIENT_LOAD_H
#define BENCHMARK_CLIENT_LOAD_H

#include "options.h"

#include <stddef.h>
#include <stdint.h>

/// What both clients are asked to do: read from the command line by the same code, so that the same line
/// means the same work.
struct client_work {
    const char *address;
    const char *topic;
    /// How the client's calls are made: `batch`, `single` or `await`.
    const char *form;
    /// A codec's name, or `none`.
    const char *compression;
    uint64_t records;
    /// Records before the measured ones: connections, metadata and memory are there then.
    uint64_t warm;
    uint64_t record_bytes;
    /// Records handed over in one call of the form `batch`.
    uint64_t portion;
    uint64_t linger_ms;
    uint64_t batch_bytes;
    uint64_t in_flight;
    /// Bytes that wait to be acknowledged at most.
    uint64_t buffer_bytes;
    /// Partitions that are read, from 0.
    uint64_t partitions;
    uint64_t fetch_bytes;
    uint64_t partition_fetch_bytes;
    /// Bytes that a consumer fetches ahead at most; 0 for the library's own choice.
    uint64_t prefetch_bytes;
    /// Tasks that wait for their record, in the form `await`.
    uint64_t tasks;
    /// Path of the client's library, where it is chosen at run time.
    const char *library;
};

/// Reads the arguments after the mode.
struct client_work client_work_parse(int count, char **arguments);

/// Values of records, all of the same length, in one block: events as JSON, of which LZ4 makes about half.
struct client_values {
    const uint8_t *bytes;
    size_t length;
    size_t count;
};

struct client_values client_values_make(size_t length);

/// What a run has cost so far, and when the clock began to run.
struct client_usage {
    uint64_t started;
    double cpu;
    uint64_t allocations;
};

struct client_usage client_usage_now(void);

/// Starts the clock anew, and only that: at a consumer's first record, since how long a client waits before
/// it asks for one is no throughput. The processor time before is part of what it costs.
void client_usage_restart_clock(struct client_usage *usage);

/// What was moved. `digest` is the sum of the first bytes of all values: a consumer that reports less than
/// the producer has not seen all of them.
struct client_result {
    uint64_t records;
    uint64_t value_bytes;
    uint64_t digest;
    /// Of the library, two digits for each part.
    uint64_t version;
};

/// Prints what happened since `start` as one line of JSON.
void client_report(const struct client_usage *start, const struct client_result *result);

#endif
