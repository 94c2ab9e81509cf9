#include "clocks.h"
#include "failure.h"
#include "histogram.h"
#include "log_file.h"
#include "modes.h"
#include "options.h"

#include <stdlib.h>

/// A write and an fdatasync, again and again: the disk's share of a durable round trip.
void run_sync(int count, char **arguments) {
    static const char *const known[] = {"--dir", "--bytes", "--count", "--seconds", "--prewritten", NULL};
    struct options options = options_parse(count, arguments, known);
    size_t bytes = option_number(&options, "--bytes", 4096);
    uint64_t most = option_number(&options, "--count", 20000);
    uint64_t limit = option_number(&options, "--seconds", 2) * 1000000000u;
    struct write_policy policy = {.prewritten = option_number(&options, "--prewritten", 64 << 20)};
    struct log_file file = log_file_create(option_text(&options, "--dir", "."), "sync.log", policy);
    char *block = calloc(1, bytes);
    static struct histogram histogram;
    if (block == NULL) fail("no memory for %zu bytes", bytes);

    double cpu = own_cpu_seconds();
    uint64_t start = monotonic_nanoseconds(), now = start;
    while (histogram.count < most && now - start < limit) {
        log_file_append(&file, block, bytes);
        log_file_sync(&file);
        uint64_t then = monotonic_nanoseconds();
        histogram_add(&histogram, then - now);
        now = then;
    }
    cpu = own_cpu_seconds() - cpu;
    printf("{\"count\":%lu,\"seconds\":%.6f,\"server_cpu_seconds\":%.6f,", histogram.count,
           (double)(now - start) / 1e9, cpu);
    histogram_print(&histogram, stdout);
    printf("}\n");
    free(block);
}
