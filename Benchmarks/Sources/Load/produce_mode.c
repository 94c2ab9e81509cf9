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
    *batch =
        batch_build(option_number(options, "--batch", 1 << 20), option_number(options, "--record", 1024));
    return batch;
}

/// With `--idempotent 1` the batches carry a producer's id, with `--transactional-id` they are in
/// transactions too.
static void take_identity(struct producer *producer, const struct options *options) {
    static struct producer_identity identity;
    static struct transaction_pace pace;
    const char *name = option_text(options, "--transactional-id", NULL);
    if (name == NULL && option_number(options, "--idempotent", 0) == 0) return;
    struct asker *asker = asker_connect(option_text(options, "--address", NULL));
    identity = identity_obtain(asker, name, transaction_version_2, producer->partitions);
    producer->identity = &identity;
    if (name == NULL) return;
    pace.interval = option_number(options, "--commit-ms", 0) * 1000000;
    pace.batches = option_number(options, "--commit-batches", 0);
    pace.abort_every = option_number(options, "--abort-every", 0);
    producer->pace = &pace;
}

static void report_pace(struct report *report, const struct transaction_pace *pace) {
    report_add(report, "transactions", (double)pace->ended);
    report_add(report, "aborted", (double)pace->aborted);
    report_add(report, "commit_p50_us", (double)histogram_quantile(&pace->latency, 0.5) / 1e3);
    report_add(report, "commit_p99_us", (double)histogram_quantile(&pace->latency, 0.99) / 1e3);
}

void run_produce(int count, char **arguments) {
    static const char *const known[] = {"--address",     "--topic",
                                        "--partitions",  "--connections",
                                        "--depth",       "--batch",
                                        "--record",      "--acks",
                                        "--bytes",       "--seconds",
                                        "--warm",        "--server-pid",
                                        "--events",      "--pool",
                                        "--keys",        "--rate",
                                        "--idempotent",  "--transactional-id",
                                        "--commit-ms",   "--commit-batches",
                                        "--abort-every", NULL};
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
    take_identity(&producer, &options);
    const char *address = option_text(&options, "--address", NULL);
    if (address == NULL) fail("--address is missing");
    producer_connect(&producer, address, (uint32_t)option_number(&options, "--connections", 1));

    static struct report report;
    uint64_t warm = option_number(&options, "--warm", 0);
    if (warm > 0) producer_run(&producer, warm, 0, NULL);
    if (producer.pace != NULL) pace_reset(producer.pace);
    report.stopwatch = stopwatch_start((pid_t)option_number(&options, "--server-pid", 0));
    uint64_t seconds = option_number(&options, "--seconds", 0);
    uint64_t bytes = option_number(&options, "--bytes", 1 << 30);
    struct production sent = producer_run(&producer, bytes, seconds, &report.latency);
    stopwatch_stop(&report.stopwatch);
    report.requests = sent.requests;
    report.bytes = sent.bytes;
    report.records = sent.records;
    report.value_bytes = sent.value_bytes;
    if (producer.pace != NULL) report_pace(&report, producer.pace);
    report_print(&report);
    event_batches_free(batches, batch_count);
}
