#include "clocks.h"
#include "failure.h"
#include "modes.h"
#include "options.h"
#include "producer.h"
#include "stopwatch.h"
#include "tail.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { MOST_BATCHES = 1 << 20, CATCH_UP_SECONDS = 30 };

/// A producer on a thread of its own, and those who read behind it.
struct mixed {
    struct producer producer;
    uint64_t warm_bytes;
    uint64_t seconds;
    struct production sent;
    /// Batches sent before this time do not count.
    _Atomic uint64_t measured_from;
    atomic_bool has_ended;
    struct report report;
    struct tail *tails;
    size_t tail_count;
    uint64_t tailed;
    /// Reads what was written long ago; without a topic there is none.
    struct tail old;
    uint64_t old_batches;
    int epoll;
};

static void *produce(void *context) {
    struct mixed *mixed = context;
    producer_run(&mixed->producer, mixed->warm_bytes, 0, NULL);
    mixed->report.stopwatch = stopwatch_start(mixed->report.stopwatch.server);
    atomic_store(&mixed->measured_from, monotonic_nanoseconds());
    mixed->sent = producer_run(&mixed->producer, 0, mixed->seconds, NULL);
    stopwatch_stop(&mixed->report.stopwatch);
    atomic_store(&mixed->has_ended, 1);
    return NULL;
}

static void watch(struct mixed *mixed, struct tail *tail, const char *address) {
    tail_start(tail, address);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = tail};
    if (epoll_ctl(mixed->epoll, EPOLL_CTL_ADD, tail->socket, &event) != 0) fail_errno("epoll_ctl");
}

/// Each batch counts with the time from its sending until the answer with it was complete.
static void note(struct mixed *mixed, const struct tail *tail, uint64_t batches) {
    uint64_t now = monotonic_nanoseconds(), from = atomic_load(&mixed->measured_from);
    if (from == 0) return;
    for (uint64_t i = tail->next_batch - batches; i < tail->next_batch; i++) {
        uint64_t sent = atomic_load(&mixed->producer.sent_at[i]);
        if (sent < from) continue;
        histogram_add(&mixed->report.latency, now - sent);
        mixed->tailed++;
    }
}

static void proceed(struct mixed *mixed, struct tail *tail) {
    uint64_t batches;
    if (!tail_receive(tail, &batches)) return;
    if (tail != &mixed->old) {
        note(mixed, tail, batches);
    } else {
        if (atomic_load(&mixed->measured_from) > 0 && !atomic_load(&mixed->has_ended)) {
            mixed->old_batches += batches;
        }
        if (tail->next_batch * tail->batch_records >= tail->high_watermark) tail->next_batch = 0;
    }
    tail_ask(tail);
}

static int is_behind(const struct mixed *mixed) {
    if (!atomic_load(&mixed->has_ended)) return 1;
    for (size_t i = 0; i < mixed->tail_count; i++) {
        if (mixed->tails[i].next_batch < mixed->producer.sent_count) return 1;
    }
    return 0;
}

static void read_behind(struct mixed *mixed) {
    uint64_t limit = 0;
    while (is_behind(mixed)) {
        struct epoll_event events[16];
        int ready = epoll_wait(mixed->epoll, events, 16, 100);
        if (ready < 0 && errno != EINTR) fail_errno("epoll_wait");
        for (int i = 0; i < ready; i++) proceed(mixed, events[i].data.ptr);
        if (!atomic_load(&mixed->has_ended)) continue;
        uint64_t now = monotonic_nanoseconds();
        if (limit == 0) limit = now + CATCH_UP_SECONDS * 1000000000ull;
        if (now > limit) fail("a consumer does not catch up");
    }
}

static void print(struct mixed *mixed) {
    struct report *report = &mixed->report;
    double seconds = report->stopwatch.seconds, bytes = (double)mixed->producer.batches->length;
    report->bytes = mixed->sent.bytes;
    report->requests = mixed->sent.requests;
    report->records = mixed->sent.records;
    report_add(report, "tail_mb_per_second",
               (double)mixed->tailed / (double)mixed->tail_count * bytes / seconds / 1e6);
    report_add(report, "old_mb_per_second", (double)mixed->old_batches * bytes / seconds / 1e6);
    report_print(report);
}

/// One producer at full speed, consumers that follow it, and perhaps one that reads from the start of another
/// topic, whose batches have the same size.
void run_mixed(int count, char **arguments) {
    static const char *const known[] = {"--address", "--topic", "--old-topic", "--tails",   "--batch",
                                        "--record",  "--depth", "--warm",      "--seconds", "--server-pid",
                                        NULL};
    struct options options = options_parse(count, arguments, known);
    const char *address = option_text(&options, "--address", NULL);
    if (address == NULL) fail("--address is missing");
    struct batch batch =
        batch_build(option_number(&options, "--batch", 1 << 20), option_number(&options, "--record", 1024));
    static struct mixed mixed;
    mixed.warm_bytes = option_number(&options, "--warm", 64 << 20);
    mixed.seconds = option_number(&options, "--seconds", 4);
    mixed.report.stopwatch.server = (pid_t)option_number(&options, "--server-pid", 0);
    mixed.tail_count = option_number(&options, "--tails", 3);
    mixed.tails = calloc(mixed.tail_count, sizeof *mixed.tails);
    mixed.epoll = epoll_create1(EPOLL_CLOEXEC);
    mixed.producer = (struct producer){
        .batches = &batch,
        .batch_count = 1,
        .topic = option_text(&options, "--topic", "bench"),
        .partitions = 1,
        .depth = (uint32_t)option_number(&options, "--depth", 5),
        .acks = -1,
        .sent_at = calloc(MOST_BATCHES, sizeof(uint64_t)),
        .sent_at_room = MOST_BATCHES,
    };
    if (mixed.tails == NULL || mixed.epoll < 0 || mixed.producer.sent_at == NULL) fail("no memory");
    struct tail shape = {
        .topic = mixed.producer.topic,
        .max_bytes = 8 << 20,
        .batch_bytes = batch.length,
        .batch_records = (uint64_t)batch.records,
    };
    for (size_t i = 0; i < mixed.tail_count; i++) {
        mixed.tails[i] = shape;
        watch(&mixed, &mixed.tails[i], address);
    }
    mixed.old = shape;
    mixed.old.max_bytes = 1 << 20;
    mixed.old.topic = option_text(&options, "--old-topic", NULL);
    if (mixed.old.topic != NULL) watch(&mixed, &mixed.old, address);
    producer_connect(&mixed.producer, address, 1);

    pthread_t thread;
    if (pthread_create(&thread, NULL, produce, &mixed) != 0) fail("cannot start a thread");
    read_behind(&mixed);
    pthread_join(thread, NULL);
    print(&mixed);
    batch_free(&batch);
}
