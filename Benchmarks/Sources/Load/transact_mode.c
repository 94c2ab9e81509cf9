#include "channel.h"
#include "clocks.h"
#include "failure.h"
#include "modes.h"
#include "options.h"
#include "producer_identity.h"
#include "stopwatch.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t answer_timeout = 30000000000, retry_after = 1000000;

enum step { ADDING, PRODUCING, ENDING };

/// A producer that makes one transaction of one record after the other.
struct transactor {
    struct channel *channel;
    char transactional_id[32];
    struct producer_identity identity;
    uint32_t partition;
    enum step step;
    /// When the transaction began, and when its end was first asked for.
    uint64_t begun_at;
    uint64_t ending_at;
    /// When to ask again what could not be done yet; 0 while an answer is awaited.
    uint64_t retry_at;
};

struct transact_run {
    const char *topic;
    struct batch batch;
    struct batch_stamp stamp;
    uint64_t ends_at;
    struct transactor *transactors;
    size_t count;
    size_t open;
    uint64_t retries;
    struct histogram commits;
    struct report *report;
};

static void write_step(struct transact_run *run, struct transactor *transactor, struct frame_writer *writer) {
    const struct producer_name *name = &transactor->identity.name;
    uint32_t correlation = transactor->channel->next_correlation;
    if (transactor->step == ADDING) {
        write_add_partition_request(writer, name, run->topic, transactor->partition, correlation);
    } else if (transactor->step == ENDING) {
        struct end_txn_request request = {.version = transactor->identity.version.end, .commits = 1};
        write_end_txn_request(writer, name, &request, correlation);
    } else {
        struct identity_batch next = {
            .stamp = &run->stamp,
            .topic = run->topic,
            .partition = transactor->partition,
            .acks = -1,
            .correlation = correlation,
        };
        identity_write_batch(&transactor->identity, &next, writer);
        static const uint8_t tail[PRODUCE_TAIL_BYTES];
        write_bytes(writer, run->batch.bytes + BATCH_HEADER_BYTES, run->batch.length - BATCH_HEADER_BYTES);
        write_bytes(writer, tail, sizeof tail);
        finish_frame(writer, 0);
    }
}

static void ask(struct transact_run *run, struct transactor *transactor) {
    struct frame_writer writer = channel_begin(transactor->channel, FRAME_ROOM + run->batch.length);
    write_step(run, transactor, &writer);
    channel_ask(transactor->channel, &writer, transactor);
}

static void begin(struct transact_run *run, struct transactor *transactor) {
    // Before version 2 a client says which partitions it will write to.
    transactor->step = transactor->identity.version.end >= 5 ? PRODUCING : ADDING;
    transactor->begun_at = monotonic_nanoseconds();
    ask(run, transactor);
}

static int read_step(struct transactor *transactor, struct frame_reader *reader) {
    switch (transactor->step) {
    case ADDING:
        return read_add_partition_response(reader);
    case PRODUCING:
        return read_named_produce_response(reader);
    case ENDING:
        return identity_read_end(&transactor->identity, reader);
    }
    return -1;
}

static void take_answer(void *context, struct channel_answer *answer) {
    static const char *const names[] = {"AddPartitionsToTxn", "Produce", "EndTxn"};
    struct transact_run *run = context;
    struct transactor *transactor = answer->owner;
    uint64_t now = monotonic_nanoseconds();
    int error = read_step(transactor, &answer->body);
    if (error == ERROR_CONCURRENT_TRANSACTIONS) {
        if (transactor->step == PRODUCING)
            identity_take_back(&transactor->identity, transactor->partition, run->batch.records);
        transactor->retry_at = now + retry_after;
        run->retries++;
        return;
    }
    if (error != 0) fail("%s was answered with error code %d", names[transactor->step], error);
    if (transactor->step != ENDING) {
        transactor->step++;
        transactor->ending_at = now;
        ask(run, transactor);
        return;
    }
    histogram_add(&run->commits, now - transactor->ending_at);
    histogram_add(&run->report->latency, now - transactor->begun_at);
    run->report->records++;
    run->report->bytes += run->batch.length;
    if (now < run->ends_at) {
        begin(run, transactor);
    } else {
        run->open--;
    }
}

/// Asks again where it is time. Returns when to look next.
static uint64_t retry(struct transact_run *run) {
    uint64_t next = run->ends_at + answer_timeout, now = monotonic_nanoseconds();
    for (size_t i = 0; i < run->count; i++) {
        struct transactor *transactor = &run->transactors[i];
        if (transactor->retry_at == 0) continue;
        if (transactor->retry_at <= now) {
            transactor->retry_at = 0;
            ask(run, transactor);
        } else if (transactor->retry_at < next) {
            next = transactor->retry_at;
        }
    }
    return next;
}

static void run_until_ended(struct transact_run *run, struct channels *channels) {
    run->open = run->count;
    for (size_t i = 0; i < run->count; i++) begin(run, &run->transactors[i]);
    while (run->open > 0) {
        if (monotonic_nanoseconds() > run->ends_at + answer_timeout) fail("a transaction does not end");
        channels_wait(channels, retry(run), take_answer, run);
    }
}

static struct transaction_version version_of(const char *text) {
    if (text[0] == '1' && text[1] == 0) return transaction_version_1;
    if (text[0] == '2' && text[1] == 0) return transaction_version_2;
    fail("--version is 1 or 2, not %s", text);
}

/// One connection and one transactional id for each producer; the producers take partitions in turn.
void run_transact(int count, char **arguments) {
    static const char *const known[] = {"--address", "--topic",   "--partitions", "--producers", "--version",
                                        "--record",  "--seconds", "--server-pid", NULL};
    struct options options = options_parse(count, arguments, known);
    const char *address = option_text(&options, "--address", NULL);
    uint32_t partitions = (uint32_t)option_number(&options, "--partitions", 1);
    struct transaction_version version = version_of(option_text(&options, "--version", "2"));
    static struct report report;
    static struct transact_run run;
    run.topic = option_text(&options, "--topic", "bench");
    run.batch = batch_build(0, option_number(&options, "--record", 1024));
    run.stamp = batch_stamp_prepare(&run.batch);
    run.count = option_number(&options, "--producers", 1);
    run.transactors = calloc(run.count, sizeof *run.transactors);
    run.report = &report;
    if (run.transactors == NULL) fail("no memory for %zu producers", run.count);
    struct asker *asker = asker_connect(address);
    struct channels channels = channels_open(address, run.count);
    for (size_t i = 0; i < run.count; i++) {
        struct transactor *transactor = &run.transactors[i];
        transactor->channel = &channels.all[i];
        transactor->partition = (uint32_t)i % partitions;
        snprintf(transactor->transactional_id, sizeof transactor->transactional_id, "bench-%04zu", i);
        transactor->identity = identity_obtain(asker, transactor->transactional_id, version, partitions);
    }

    report.stopwatch = stopwatch_start((pid_t)option_number(&options, "--server-pid", 0));
    run.ends_at = monotonic_nanoseconds() + option_number(&options, "--seconds", 2) * 1000000000u;
    run_until_ended(&run, &channels);
    stopwatch_stop(&report.stopwatch);
    report.requests = report.records;
    report_add(&report, "commit_p50_us", (double)histogram_quantile(&run.commits, 0.5) / 1e3);
    report_add(&report, "commit_p99_us", (double)histogram_quantile(&run.commits, 0.99) / 1e3);
    report_add(&report, "retries", (double)run.retries / (double)report.records);
    report_print(&report);
    for (size_t i = 0; i < run.count; i++) identity_free(&run.transactors[i].identity);
    free(run.transactors);
    batch_free(&run.batch);
}
