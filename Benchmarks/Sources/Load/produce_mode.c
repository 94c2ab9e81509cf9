#include "events.h"
#include "failure.h"
#include "modes.h"
#include "options.h"
#include "producer.h"
#include "stopwatch.h"

#include <stdlib.h>
#include <string.h>

static int16_t acks_of(const char *text) {
    if (strcmp(text, "all") == 0) return -1;
    if (strcmp(text, "1") == 0) return 1;
    fail("--acks is all or 1, not %s", text);
}

/// With `--events`, batches of so many JSON events, `--pool` different ones; otherwise one batch of random
/// bytes.
static struct batch *prepare(const struct options *options, size_t *count) {
    struct event_shape shape = {
        .batches = option_number(options, "--pool", 20000),
        .events_per_batch = option_number(options, "--events", 0),
        .keys = option_number(options, "--keys", 0),
    };
    if (shape.events_per_batch > 0) {
        *count = shape.batches;
        return event_batches(&shape);
    }
    struct batch *batch = malloc(sizeof *batch);
    if (batch == NULL) fail("no memory for a batch");
    *batch = batch_build(option_number(options, "--batch", 1 << 20),
                         option_number(options, "--record", 1024));
    return batch;
}

void run_produce(int count, char **arguments) {
    static const char *const known[] = {
        "--address", "--topic", "--partitions", "--connections", "--depth",      "--batch", "--record",
        "--acks",    "--bytes", "--seconds",    "--warm",        "--server-pid", "--events",
        "--pool",    "--keys",  "--rate",       NULL};
    struct options options = options_parse(count, arguments, known);
    size_t batch_count = 1;
    struct batch *batches = prepare(&options, &batch_count);
    struct producer producer = {
        .batches = batches,
        .batch_count = batch_count,
        .topic = option_text(&options, "--topic", "bench"),
        .partitions = (uint32_t)option_number(&options, "--partitions", 1),
        .depth = (uint32_t)option_number(&options, "--depth", 5),
        .rate = option_number(&options, "--rate", 0),
        .acks = acks_of(option_text(&options, "--acks", "all")),
    };
    const char *address = option_text(&options, "--address", NULL);
    if (address == NULL) fail("--address is missing");
    producer_connect(&producer, address, (uint32_t)option_number(&options, "--connections", 1));

    static struct report report;
    uint64_t warm = option_number(&options, "--warm", 0);
    if (warm > 0) producer_run(&producer, warm, 0, NULL);
    report.stopwatch = stopwatch_start((pid_t)option_number(&options, "--server-pid", 0));
    uint64_t seconds = option_number(&options, "--seconds", 0);
    uint64_t bytes = option_number(&options, "--bytes", 1 << 30);
    struct production sent = producer_run(&producer, bytes, seconds, &report.latency);
    stopwatch_stop(&report.stopwatch);
    report.requests = sent.requests;
    report.bytes = sent.bytes;
    report.records = sent.records;
    report.value_bytes = sent.value_bytes;
    report_print(&report);
    event_batches_free(batches, batch_count);
}
