#ifndef LOAD_STOPWATCH_H
#define LOAD_STOPWATCH_H

#include "histogram.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Time, and the processor time of this program and of the server, between a start and a stop.
struct stopwatch {
    pid_t server;
    uint64_t started;
    double seconds;
    double own_cpu;
    double server_cpu;
};

/// `server` is the process to watch, 0 for none.
struct stopwatch stopwatch_start(pid_t server);
void stopwatch_stop(struct stopwatch *stopwatch);

enum { MOST_EXTRA_FIGURES = 16 };

/// What a measurement found, printed as one line of JSON.
struct report {
    struct stopwatch stopwatch;
    uint64_t bytes;
    uint64_t requests;
    uint64_t records;
    uint64_t value_bytes;
    struct histogram latency;
    struct extra_figure {
        const char *name;
        double value;
    } extra[MOST_EXTRA_FIGURES];
    size_t extra_count;
};

/// Adds a figure that only this kind of measurement has.
void report_add(struct report *report, const char *name, double value);

void report_print(const struct report *report);

#endif
