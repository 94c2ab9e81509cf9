#ifndef BENCHMARK_HISTOGRAM_H
#define BENCHMARK_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

enum {
    /// Buckets per power of two: a value is known to 1 part in 128.
    HISTOGRAM_STEPS = 128,
    HISTOGRAM_BUCKETS = 58 * HISTOGRAM_STEPS,
};

/// Counts of durations in nanoseconds, in buckets that grow with the value.
struct histogram {
    uint64_t count;
    uint64_t largest;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/// The duration that the given share (0 to 1) of all values does not exceed.
uint64_t histogram_quantile(const struct histogram *histogram, double share);

/// Prints `"p50_us":…,"p90_us":…,"p99_us":…,"p999_us":…,"max_us":…`.
void histogram_print(const struct histogram *histogram, FILE *file);

#endif
