#include "stopwatch.h"

#include "clocks.h"
#include "failure.h"

#include <stdio.h>

struct stopwatch stopwatch_start(pid_t server) {
    return (struct stopwatch){
        .server = server,
        .own_cpu = own_cpu_seconds(),
        .server_cpu = process_cpu_seconds(server),
        .started = monotonic_nanoseconds(),
    };
}

void stopwatch_stop(struct stopwatch *stopwatch) {
    stopwatch->seconds = (double)(monotonic_nanoseconds() - stopwatch->started) / 1e9;
    stopwatch->own_cpu = own_cpu_seconds() - stopwatch->own_cpu;
    stopwatch->server_cpu = process_cpu_seconds(stopwatch->server) - stopwatch->server_cpu;
}

void report_add(struct report *report, const char *name, double value) {
    if (report->extra_count == MOST_EXTRA_FIGURES) fail("too many figures");
    report->extra[report->extra_count++] = (struct extra_figure){name, value};
}

void report_print(const struct report *report) {
    const struct stopwatch *stopwatch = &report->stopwatch;
    printf("{\"bytes\":%lu,\"requests\":%lu,\"records\":%lu,\"value_bytes\":%lu,\"seconds\":%.6f,"
           "\"mb_per_second\":%.1f,",
           report->bytes, report->requests, report->records, report->value_bytes, stopwatch->seconds,
           (double)report->bytes / stopwatch->seconds / 1e6);
    printf("\"own_cpu_seconds\":%.6f,\"server_cpu_seconds\":%.6f,", stopwatch->own_cpu,
           stopwatch->server_cpu);
    for (size_t i = 0; i < report->extra_count; i++) {
        printf("\"%s\":%.6f,", report->extra[i].name, report->extra[i].value);
    }
    histogram_print(&report->latency, stdout);
    printf("}\n");
}
