#include "client_load.h"

#include "allocations.h"
#include "clocks.h"
#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/// So many different values that no compressor remembers one when it comes again.
enum { VALUE_BLOCK_BYTES = 4 << 20 };

struct client_work client_work_parse(int count, char **arguments) {
    static const char *const known[] = {
        "--address",     "--topic",        "--form",       "--compression", "--records",
        "--warm",        "--record",       "--portion",    "--linger",      "--batch",
        "--in-flight",   "--buffer",       "--partitions", "--fetch",       "--partition-fetch",
        "--prefetch",    "--tasks",        "--library",    NULL};
    struct options options = options_parse(count, arguments, known);
    struct client_work work = {
        .address = option_text(&options, "--address", NULL),
        .topic = option_text(&options, "--topic", "bench"),
        .form = option_text(&options, "--form", "batch"),
        .compression = option_text(&options, "--compression", "none"),
        .records = option_number(&options, "--records", 1000000),
        .warm = option_number(&options, "--warm", 1000),
        .record_bytes = option_number(&options, "--record", 1024),
        .portion = option_number(&options, "--portion", 1000),
        .linger_ms = option_number(&options, "--linger", 5),
        .batch_bytes = option_number(&options, "--batch", 512 << 10),
        .in_flight = option_number(&options, "--in-flight", 5),
        .buffer_bytes = option_number(&options, "--buffer", 64 << 20),
        .partitions = option_number(&options, "--partitions", 1),
        .fetch_bytes = option_number(&options, "--fetch", 16 << 20),
        .partition_fetch_bytes = option_number(&options, "--partition-fetch", 4 << 20),
        .prefetch_bytes = option_number(&options, "--prefetch", 0),
        .tasks = option_number(&options, "--tasks", 256),
        .library = option_text(&options, "--library", ""),
    };
    if (work.address == NULL) fail("--address is missing");
    if (work.record_bytes < 1 || work.record_bytes > VALUE_BLOCK_BYTES / 8) fail("--record is out of range");
    if (work.portion < 1 || work.partitions < 1 || work.tasks < 1) fail("a count is 0");
    return work;
}

static uint64_t random_next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/// Writes one event after another until the value is full.
static void fill(uint8_t *value, size_t length, uint64_t *random) {
    static const char *const kinds[] = {"ordered", "paid", "shipped", "returned"};
    char event[256];
    for (size_t at = 0; at < length;) {
        uint64_t a = random_next(random), b = random_next(random);
        int bytes = snprintf(event, sizeof event,
                             "{\"id\":\"%016llx\",\"event\":\"%s\",\"customer\":%llu,\"cents\":%llu,"
                             "\"currency\":\"EUR\",\"warehouse\":\"hamburg-%llu\"}",
                             (unsigned long long)a, kinds[b & 3], (unsigned long long)(b >> 40),
                             (unsigned long long)(b >> 20 & 0xffff), (unsigned long long)(b >> 2 & 7));
        size_t part = length - at < (size_t)bytes ? length - at : (size_t)bytes;
        memcpy(value + at, event, part);
        at += part;
    }
    // The digest would not differ for values that all begin alike.
    value[0] = (uint8_t)random_next(random);
}

struct client_values client_values_make(size_t length) {
    struct client_values values = {.length = length, .count = VALUE_BLOCK_BYTES / length};
    uint8_t *bytes = malloc(values.count * length);
    if (bytes == NULL) fail("no memory for the values");
    uint64_t random = 0x9e3779b97f4a7c15;
    for (size_t i = 0; i < values.count; i++) fill(bytes + i * length, length, &random);
    values.bytes = bytes;
    return values;
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static struct rusage usage(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) fail_errno("cannot read the use of resources");
    return usage;
}

static double cpu_seconds(void) {
    struct rusage now = usage();
    return seconds(now.ru_utime) + seconds(now.ru_stime);
}

struct client_usage client_usage_now(void) {
    return (struct client_usage){
        .allocations = allocation_count(), .cpu = cpu_seconds(), .started = monotonic_nanoseconds()};
}

void client_usage_restart_clock(struct client_usage *usage) {
    usage->started = monotonic_nanoseconds();
}

void client_report(const struct client_usage *start, const struct client_result *result) {
    double wall = (double)(monotonic_nanoseconds() - start->started) / 1e9;
    struct rusage now = usage();
    double whole = seconds(now.ru_utime) + seconds(now.ru_stime);
    double cpu = whole - start->cpu;
    uint64_t allocations = allocation_count() - start->allocations;
    double records = (double)result->records;
    printf("{\"records\":%lu,\"value_bytes\":%lu,\"digest\":%lu,\"library_version\":%lu,", result->records,
           result->value_bytes, result->digest, result->version);
    printf("\"seconds\":%.6f,\"records_per_second\":%.1f,\"mb_per_second\":%.1f,", wall, records / wall,
           (double)result->value_bytes / wall / 1e6);
    printf("\"own_cpu_seconds\":%.6f,\"system_cpu_seconds\":%.6f,\"process_cpu_seconds\":%.6f,", cpu,
           seconds(now.ru_stime), whole);
    printf("\"records_per_cpu_second\":%.1f,\"cpu_ns_per_record\":%.1f,", records / cpu, cpu / records * 1e9);
    printf("\"max_resident_mb\":%.1f,\"allocations\":%lu,\"allocations_per_record\":%.4f}\n",
           (double)now.ru_maxrss / 1e3, allocations, (double)allocations / records);
}
