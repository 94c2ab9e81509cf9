#include "histogram.h"

// Values below HISTOGRAM_STEPS have a bucket each; above, each power of two has HISTOGRAM_STEPS buckets.
static unsigned bucket_of(uint64_t value) {
    if (value < HISTOGRAM_STEPS) return (unsigned)value;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(value) - 7;
    return (exponent + 1) * HISTOGRAM_STEPS + (unsigned)(value >> exponent) - HISTOGRAM_STEPS;
}

static uint64_t largest_in_bucket(unsigned bucket) {
    if (bucket < HISTOGRAM_STEPS) return bucket;
    unsigned exponent = bucket / HISTOGRAM_STEPS - 1;
    uint64_t step = bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS;
    return ((step + 1) << exponent) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds) {
    histogram->count++;
    if (nanoseconds > histogram->largest) histogram->largest = nanoseconds;
    histogram->buckets[bucket_of(nanoseconds)]++;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->count);
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen > 0 && seen >= wanted) {
            uint64_t value = largest_in_bucket(bucket);
            return value < histogram->largest ? value : histogram->largest;
        }
    }
    return histogram->largest;
}

void histogram_print(const struct histogram *histogram, FILE *file) {
    fprintf(file, "\"p50_us\":%.3f,\"p90_us\":%.3f,\"p99_us\":%.3f,\"p999_us\":%.3f,\"max_us\":%.3f",
            (double)histogram_quantile(histogram, 0.5) / 1e3,
            (double)histogram_quantile(histogram, 0.9) / 1e3,
            (double)histogram_quantile(histogram, 0.99) / 1e3,
            (double)histogram_quantile(histogram, 0.999) / 1e3, (double)histogram->largest / 1e3);
}
