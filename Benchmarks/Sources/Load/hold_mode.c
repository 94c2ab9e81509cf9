#include "asker.h"
#include "clocks.h"
#include "failure.h"
#include "frames.h"
#include "modes.h"
#include "options.h"
#include "sockets.h"
#include "stopwatch.h"

#include <stdlib.h>
#include <time.h>

/// Connections of one source address: fewer than a kernel has ports to give away.
enum { PER_ADDRESS = 10000 };

/// What every client begins with.
static void greet(struct asker *asker) {
    struct frame_writer writer = asker_begin(asker, (struct api){API_VERSIONS_KEY, API_VERSIONS_VERSION});
    finish_frame(&writer, 0);
    struct frame_reader reader = asker_ask(asker, &writer);
    uint16_t error = read16(&reader);
    if (reader.failed || error != 0) fail("ApiVersions was answered with error code %u", error);
}

static void rest(double seconds) {
    struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = (long)(seconds * 1e9) % 1000000000};
    nanosleep(&time, NULL);
}

static double per_connection(uint64_t after, uint64_t before, size_t count) {
    return ((double)after - (double)before) / (double)count;
}

/// Connections that ask for the server's versions, as every client does, and are quiet then.
void run_hold(int count, char **arguments) {
    static const char *const known[] = {"--address", "--connections", "--seconds", "--server-pid", NULL};
    struct options options = options_parse(count, arguments, known);
    const char *address = option_text(&options, "--address", NULL);
    if (address == NULL) fail("--address is missing");
    pid_t server = (pid_t)option_number(&options, "--server-pid", 0);
    size_t connections = option_number(&options, "--connections", 1000);
    int *sockets = calloc(connections, sizeof *sockets);
    if (sockets == NULL) fail("no memory for %zu connections", connections);
    // One that comes and goes has the server do what it does at the first connection alone.
    static struct asker asker;
    asker.socket = connect_to(address);
    greet(&asker);
    rest(0.5);
    uint64_t resident = process_resident_bytes(server), anonymous = process_anonymous_bytes(server);

    static struct report report;
    double cpu = process_cpu_seconds(server);
    for (size_t i = 0; i < connections; i++) {
        asker.socket = sockets[i] = connect_from(2 + (unsigned)(i / PER_ADDRESS), address);
        greet(&asker);
    }
    report_add(&report, "connect_cpu_us", (process_cpu_seconds(server) - cpu) / (double)connections * 1e6);
    rest(1);
    report.stopwatch = stopwatch_start(server);
    rest((double)option_number(&options, "--seconds", 2));
    stopwatch_stop(&report.stopwatch);
    report_add(&report, "resident_bytes_each",
               per_connection(process_resident_bytes(server), resident, connections));
    report_add(&report, "anonymous_bytes_each",
               per_connection(process_anonymous_bytes(server), anonymous, connections));
    report.requests = connections;
    report_print(&report);
    free(sockets);
}
