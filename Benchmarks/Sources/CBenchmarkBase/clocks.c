#include "clocks.h"

#include "failure.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static struct timespec read_clock(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) fail_errno("cannot read clock %d", (int)clock);
    return time;
}

static double seconds(struct timespec time) {
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

uint64_t monotonic_nanoseconds(void) {
    struct timespec time = read_clock(CLOCK_MONOTONIC);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int64_t wall_milliseconds(void) {
    struct timespec time = read_clock(CLOCK_REALTIME);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

double own_cpu_seconds(void) {
    return seconds(read_clock(CLOCK_PROCESS_CPUTIME_ID));
}

double process_cpu_seconds(pid_t process) {
    if (process == 0) return 0;
    clockid_t clock;
    int reason = clock_getcpuclockid(process, &clock);
    if (reason != 0) {
        errno = reason;
        fail_errno("cannot watch process %d", (int)process);
    }
    return seconds(read_clock(clock));
}

/// Pages that a process has resident, and those of them that belong to files.
static void read_pages(pid_t process, unsigned long *resident, unsigned long *shared) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)process);
    FILE *file = fopen(path, "re");
    if (file == NULL) fail_errno("cannot read %s", path);
    unsigned long whole;
    if (fscanf(file, "%lu %lu %lu", &whole, resident, shared) != 3) fail("%s has another form", path);
    fclose(file);
}

uint64_t process_resident_bytes(pid_t process) {
    if (process == 0) return 0;
    unsigned long resident, shared;
    read_pages(process, &resident, &shared);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t process_anonymous_bytes(pid_t process) {
    if (process == 0) return 0;
    unsigned long resident, shared;
    read_pages(process, &resident, &shared);
    return (uint64_t)(resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}
