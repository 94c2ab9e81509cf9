#include "batch.h"
#include "big_endian.h"
#include "clocks.h"
#include "failure.h"
#include "fetch_frames.h"
#include "frames.h"
#include "modes.h"
#include "options.h"
#include "sockets.h"
#include "stopwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { ANSWER_TIMEOUT_MS = 30000, MOST_EMPTY_ANSWERS = 20 };

/// A consumer that reads one partition from an offset to its high watermark, and then from there again, or
/// else the next partition of those that are its turn, or nothing more.
struct consumer {
    int socket;
    uint32_t partition;
    uint32_t correlation;
    int64_t offset;
    int64_t start;
    uint64_t sent_at;
    unsigned empty_answers;
    uint8_t *buffer;
    size_t filled;
    int waiting;
    int is_through;
};

struct fetch_run {
    const char *topic;
    uint32_t max_bytes;
    int reads_committed;
    uint32_t partitions;
    /// Partitions to go on by at the end of one; 0 to stay.
    uint32_t stride;
    /// Whether a consumer that has come to the end of its partition is through.
    int once;
    /// Ends when so many bytes and so many records have come.
    uint64_t wanted;
    uint64_t wanted_records;
    uint64_t received;
    uint64_t records;
    uint64_t requests;
    uint64_t aborted;
    size_t capacity;
    struct histogram *latency;
};

static void send_request(const struct fetch_run *run, struct consumer *consumer) {
    uint8_t frame[FRAME_ROOM];
    struct fetch_request request = {
        .topic = run->topic,
        .partition = consumer->partition,
        .correlation = ++consumer->correlation,
        .offset = (uint64_t)consumer->offset,
        .max_bytes = run->max_bytes,
        .reads_committed = run->reads_committed,
    };
    consumer->sent_at = monotonic_nanoseconds();
    consumer->waiting = 1;
    send_all(consumer->socket, frame, write_fetch_request(frame, &request));
}

/// Steps over the batches that came; their records are not looked at.
static void take_answer(struct fetch_run *run, struct consumer *consumer, size_t length) {
    struct fetch_view view;
    if (!read_fetch_response(consumer->buffer + 4, length, &view)) fail("a malformed answer to Fetch");
    if (view.error != 0) fail("Fetch was answered with error code %d", view.error);
    if (view.correlation != consumer->correlation) fail("the answer to another Fetch came");
    int64_t before = consumer->offset;
    size_t whole = batches_walk(view.records, view.record_bytes, &consumer->offset);
    // What lies before the offset in its batch comes along, and is not counted.
    run->records += (uint64_t)(consumer->offset - before);
    consumer->empty_answers = whole > 0 ? 0 : consumer->empty_answers + 1;
    if (consumer->empty_answers > MOST_EMPTY_ANSWERS) {
        fail("nothing comes at offset %ld of %lu", consumer->offset, view.high_watermark);
    }
    if (consumer->offset >= (int64_t)view.high_watermark) {
        int64_t first = (int64_t)view.log_start_offset;
        consumer->offset = consumer->start > first ? consumer->start : first;
        consumer->is_through = run->once;
        if (run->stride > 0) consumer->partition = (consumer->partition + run->stride) % run->partitions;
    }
    consumer->waiting = 0;
    consumer->filled = 0;
    run->received += whole;
    run->requests++;
    run->aborted += view.aborted;
    if (run->latency != NULL) histogram_add(run->latency, monotonic_nanoseconds() - consumer->sent_at);
}

static void receive(struct fetch_run *run, struct consumer *consumer) {
    size_t room = run->capacity - consumer->filled;
    ssize_t received = recv(consumer->socket, consumer->buffer + consumer->filled, room, MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN) return;
    if (received < 0) fail_errno("cannot receive an answer");
    if (received == 0) fail("the server closed the connection");
    consumer->filled += (size_t)received;
    if (consumer->filled < 4) return;
    size_t length = get32(consumer->buffer);
    if (length + 4 > run->capacity) fail("an answer of %zu bytes, more than was asked for", length);
    if (consumer->filled >= length + 4) {
        take_answer(run, consumer, length);
        wake_after(consumer->socket, 1);
    } else {
        wake_after(consumer->socket, length + 4 - consumer->filled);
    }
}

static void run_until_received(struct fetch_run *run, struct consumer *consumers, size_t count, int epoll) {
    size_t waiting = 0;
    for (size_t i = 0; i < count; i++, waiting++) send_request(run, &consumers[i]);
    while (waiting > 0) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, ANSWER_TIMEOUT_MS);
        if (ready < 0 && errno != EINTR) fail_errno("epoll_wait");
        if (ready == 0) fail("no answer within %d ms", ANSWER_TIMEOUT_MS);
        for (int i = 0; i < ready; i++) {
            struct consumer *consumer = events[i].data.ptr;
            receive(run, consumer);
            if (consumer->waiting) continue;
            int is_enough = run->received >= run->wanted && run->records >= run->wanted_records;
            if (is_enough || consumer->is_through) {
                waiting--;
            } else {
                send_request(run, consumer);
            }
        }
    }
}

void run_fetch(int count, char **arguments) {
    static const char *const known[] = {
        "--address", "--topic",   "--partitions", "--connections", "--max-bytes", "--bytes",
        "--warm",    "--records", "--server-pid", "--committed",   "--rotate",    "--offset",
        "--once",    NULL};
    struct options options = options_parse(count, arguments, known);
    const char *address = option_text(&options, "--address", NULL);
    if (address == NULL) fail("--address is missing");
    struct fetch_run run = {
        .topic = option_text(&options, "--topic", "bench"),
        .max_bytes = (uint32_t)option_number(&options, "--max-bytes", 1 << 20),
        .reads_committed = option_number(&options, "--committed", 0) != 0,
    };
    // A first batch larger than the limit comes whole, as in Kafka.
    run.capacity = run.max_bytes + (2 << 20);

    size_t connections = option_number(&options, "--connections", 1);
    run.partitions = (uint32_t)option_number(&options, "--partitions", 1);
    run.once = option_number(&options, "--once", 0) != 0;
    run.stride = option_number(&options, "--rotate", 0) != 0 ? (uint32_t)connections : 0;
    struct consumer *consumers = calloc(connections, sizeof *consumers);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (consumers == NULL || epoll < 0) fail("no memory for %zu connections", connections);
    for (size_t i = 0; i < connections; i++) {
        consumers[i].socket = connect_to(address);
        consumers[i].partition = (uint32_t)i % run.partitions;
        consumers[i].offset = consumers[i].start = (int64_t)option_number(&options, "--offset", 0);
        consumers[i].buffer = malloc(run.capacity);
        if (consumers[i].buffer == NULL) fail("no memory for a buffer of %zu bytes", run.capacity);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &consumers[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, consumers[i].socket, &event) != 0) fail_errno("epoll_ctl");
    }

    static struct report report;
    run.wanted = option_number(&options, "--warm", 0);
    if (run.wanted > 0) run_until_received(&run, consumers, connections, epoll);
    run.wanted = option_number(&options, "--bytes", 1 << 30);
    run.wanted_records = option_number(&options, "--records", 0);
    if (run.wanted_records > 0) run.wanted = 0;
    run.received = run.requests = run.records = run.aborted = 0;
    run.latency = &report.latency;
    report.stopwatch = stopwatch_start((pid_t)option_number(&options, "--server-pid", 0));
    run_until_received(&run, consumers, connections, epoll);
    stopwatch_stop(&report.stopwatch);
    report.bytes = run.received;
    report.requests = run.requests;
    report.records = run.records;
    if (run.reads_committed)
        report_add(&report, "aborted_per_answer", (double)run.aborted / (double)run.requests);
    report_print(&report);
    for (size_t i = 0; i < connections; i++) free(consumers[i].buffer);
    free(consumers);
}
