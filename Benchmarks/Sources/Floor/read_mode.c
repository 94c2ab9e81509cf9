#include "clocks.h"
#include "failure.h"
#include "log_file.h"
#include "modes.h"
#include "options.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LARGEST_DEPTH = 8, WRITTEN_AT_ONCE = 1 << 20, ALIGNMENT = 4096 };

/// Blocks of a file that several threads take in turn.
struct reading {
    int descriptor;
    size_t block;
    uint64_t bytes;
    _Atomic uint64_t next;
};

static void *read_blocks(void *context) {
    struct reading *reading = context;
    char *buffer = aligned_alloc(ALIGNMENT, reading->block);
    if (buffer == NULL) fail("no memory for a block of %zu bytes", reading->block);
    for (;;) {
        uint64_t at = atomic_fetch_add(&reading->next, reading->block);
        if (at >= reading->bytes) break;
        size_t wanted = reading->bytes - at < reading->block ? reading->bytes - at : reading->block;
        if (pread(reading->descriptor, buffer, reading->block, (off_t)at) < (ssize_t)wanted) {
            fail_errno("cannot read %zu bytes", wanted);
        }
    }
    free(buffer);
    return NULL;
}

/// Returns how many seconds the whole file takes, with `depth` blocks on their way at a time.
static double read_whole(const char *path, uint64_t bytes, size_t block, size_t depth) {
    struct reading reading = {.block = block, .bytes = bytes};
    reading.descriptor = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (reading.descriptor < 0) fail_errno("cannot open %s past the page cache", path);
    pthread_t threads[LARGEST_DEPTH];
    uint64_t start = monotonic_nanoseconds();
    for (size_t i = 0; i < depth; i++) {
        if (pthread_create(&threads[i], NULL, read_blocks, &reading) != 0) fail("cannot start a thread");
    }
    for (size_t i = 0; i < depth; i++) pthread_join(threads[i], NULL);
    double seconds = (double)(monotonic_nanoseconds() - start) / 1e9;
    close(reading.descriptor);
    return seconds;
}

static void fill(const char *directory, uint64_t bytes) {
    struct write_policy policy = {.write_back = 8 << 20, .window = 32 << 20};
    struct log_file file = log_file_create(directory, "0.log", policy);
    uint32_t *block = malloc(WRITTEN_AT_ONCE);
    if (block == NULL) fail("no memory for a block");
    // Random, so that no disk makes less of it.
    uint64_t state = 88172645463325252;
    for (uint64_t at = 0; at < bytes; at += WRITTEN_AT_ONCE) {
        for (size_t i = 0; i < WRITTEN_AT_ONCE / sizeof *block; i++) {
            state = state * 6364136223846793005 + 1442695040888963407;
            block[i] = (uint32_t)(state >> 32);
        }
        log_file_append(&file, block, WRITTEN_AT_ONCE);
    }
    log_file_sync(&file);
    free(block);
    close(file.descriptor);
}

/// Reads a file from its start to its end past the page cache, in blocks of 1 and 4 MiB, one and two at a
/// time, and reports the fastest.
void run_read(int count, char **arguments) {
    static const char *const known[] = {"--dir", "--bytes", NULL};
    static const size_t blocks[] = {1 << 20, 4 << 20}, depths[] = {1, 2};
    struct options options = options_parse(count, arguments, known);
    const char *directory = option_text(&options, "--dir", ".");
    uint64_t bytes = option_number(&options, "--bytes", 1 << 30) / WRITTEN_AT_ONCE * WRITTEN_AT_ONCE;
    char path[4096];
    snprintf(path, sizeof path, "%s/0.log", directory);
    fill(directory, bytes);

    double best = 0, best_cpu = 0;
    size_t best_block = 0, best_depth = 0;
    for (size_t b = 0; b < 2; b++) {
        for (size_t d = 0; d < 2; d++) {
            double cpu = own_cpu_seconds(), seconds = read_whole(path, bytes, blocks[b], depths[d]);
            if (best > 0 && seconds >= best) continue;
            best = seconds;
            best_cpu = own_cpu_seconds() - cpu;
            best_block = blocks[b];
            best_depth = depths[d];
        }
    }
    printf("{\"bytes\":%lu,\"seconds\":%.6f,\"mb_per_second\":%.1f,\"server_cpu_seconds\":%.6f,\"block\":%zu,"
           "\"depth\":%zu}\n",
           bytes, best, (double)bytes / best / 1e6, best_cpu, best_block, best_depth);
}
