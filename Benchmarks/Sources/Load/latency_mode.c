#include "batch.h"
#include "big_endian.h"
#include "clocks.h"
#include "failure.h"
#include "frames.h"
#include "modes.h"
#include "options.h"
#include "produce_frames.h"
#include "sockets.h"
#include "stopwatch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/// A whole request in one piece, so that it leaves in one write.
struct prepared {
    uint8_t *frame;
    size_t length;
    uint32_t correlation;
};

static struct prepared prepare(const char *topic, const struct batch *batch) {
    struct produce_request request = {.topic = topic, .acks = -1, .record_bytes = batch->length};
    struct prepared prepared = {.frame = malloc(FRAME_ROOM + batch->length)};
    if (prepared.frame == NULL) fail("no memory for a request");
    prepared.length = write_produce_request(prepared.frame, &request);
    memcpy(prepared.frame + prepared.length, batch->bytes, batch->length);
    prepared.length += batch->length;
    return prepared;
}

/// One request and its answer. Returns how long that took.
static uint64_t round_trip(int socket, struct prepared *prepared) {
    uint8_t answer[FRAME_ROOM];
    put32(prepared->frame + REQUEST_CORRELATION_AT, ++prepared->correlation);
    uint64_t start = monotonic_nanoseconds();
    send_all(socket, prepared->frame, prepared->length);
    size_t filled = 0, length = 4;
    while (filled < length) {
        ssize_t received = recv(socket, answer + filled, sizeof answer - filled, 0);
        if (received < 0) fail_errno("cannot receive an answer");
        if (received == 0) fail("the server closed the connection");
        filled += (size_t)received;
        if (filled >= 4) length = get32(answer) + (size_t)4;
        if (length > sizeof answer) fail("an answer of %zu bytes is too long", length);
    }
    uint64_t time = monotonic_nanoseconds() - start;
    uint32_t correlation;
    int error = read_produce_response(answer + 4, length - 4, &correlation);
    if (error != 0) fail("Produce was answered with error code %d", error);
    if (correlation != prepared->correlation) fail("the answer to another Produce came");
    return time;
}

/// One batch of one record at a time, each sent when the one before it is answered.
void run_latency(int count, char **arguments) {
    static const char *const known[] = {"--address", "--topic", "--record",     "--count",
                                        "--seconds", "--warm",  "--server-pid", NULL};
    struct options options = options_parse(count, arguments, known);
    const char *address = option_text(&options, "--address", NULL);
    if (address == NULL) fail("--address is missing");
    struct batch batch = batch_build(0, option_number(&options, "--record", 100));
    struct prepared prepared = prepare(option_text(&options, "--topic", "bench"), &batch);
    int socket = connect_to(address);
    for (uint64_t i = option_number(&options, "--warm", 1000); i > 0; i--) round_trip(socket, &prepared);

    static struct report report;
    uint64_t most = option_number(&options, "--count", 20000);
    uint64_t limit = option_number(&options, "--seconds", 10) * 1000000000u;
    report.stopwatch = stopwatch_start((pid_t)option_number(&options, "--server-pid", 0));
    while (report.requests < most && monotonic_nanoseconds() - report.stopwatch.started < limit) {
        histogram_add(&report.latency, round_trip(socket, &prepared));
        report.requests++;
    }
    stopwatch_stop(&report.stopwatch);
    report.records = report.requests;
    report.bytes = report.requests * batch.length;
    report_print(&report);
    free(prepared.frame);
    batch_free(&batch);
}
