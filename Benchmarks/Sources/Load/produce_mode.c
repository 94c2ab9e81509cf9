#include "failure.h"
#include "modes.h"
#include "options.h"
#include "producer.h"
#include "stopwatch.h"

#include <string.h>

static int16_t acks_of(const char *text) {
    if (strcmp(text, "all") == 0) return -1;
    if (strcmp(text, "1") == 0) return 1;
    fail("--acks is all or 1, not %s", text);
}

void run_produce(int count, char **arguments) {
    static const char *const known[] = {
        "--address", "--topic", "--partitions", "--connections", "--depth",      "--batch", "--record",
        "--acks",    "--bytes", "--seconds",    "--warm",        "--server-pid", NULL};
    struct options options = options_parse(count, arguments, known);
    struct batch batch =
        batch_build(option_number(&options, "--batch", 1 << 20), option_number(&options, "--record", 1024));
    struct producer producer = {
        .batch = &batch,
        .topic = option_text(&options, "--topic", "bench"),
        .partitions = (uint32_t)option_number(&options, "--partitions", 1),
        .depth = (uint32_t)option_number(&options, "--depth", 5),
        .acks = acks_of(option_text(&options, "--acks", "all")),
    };
    const char *address = option_text(&options, "--address", NULL);
    if (address == NULL) fail("--address is missing");
    producer_connect(&producer, address, (uint32_t)option_number(&options, "--connections", 1));

    static struct report report;
    uint64_t warm = option_number(&options, "--warm", 0);
    if (warm > 0) producer_run(&producer, warm / batch.length + 1, 0, NULL);
    report.stopwatch = stopwatch_start((pid_t)option_number(&options, "--server-pid", 0));
    uint64_t seconds = option_number(&options, "--seconds", 0);
    uint64_t frames = seconds > 0 ? UINT64_MAX : option_number(&options, "--bytes", 1 << 30) / batch.length;
    report.requests = producer_run(&producer, frames, seconds, &report.latency);
    stopwatch_stop(&report.stopwatch);
    report.bytes = report.requests * batch.length;
    report.records = report.requests * (uint64_t)batch.records;
    report_print(&report);
    batch_free(&batch);
}
