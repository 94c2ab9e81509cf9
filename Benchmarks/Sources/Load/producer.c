#include "producer.h"

#include "big_endian.h"
#include "clocks.h"
#include "failure.h"
#include "outgoing_frame.h"
#include "produce_frames.h"
#include "sockets.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { ANSWER_TIMEOUT_MS = 30000 };

struct producer_connection {
    int socket;
    struct outgoing_frame frame;
    /// Whether the end of a transaction is asked for: nothing else is in flight then.
    int ending;
    uint32_t next_correlation;
    uint32_t answered;
    uint8_t input[FRAME_ROOM];
    size_t filled;
    uint64_t sent_at[LARGEST_DEPTH];
};

/// One run: what is still to be sent, and what is out.
struct run {
    struct producer *producer;
    /// How many bytes of batches are to be sent.
    uint64_t wanted;
    uint64_t in_flight;
    uint64_t started;
    struct production sent;
    struct histogram *latency;
};

void producer_connect(struct producer *producer, const char *address, uint32_t connections) {
    if (producer->depth == 0 || producer->depth > LARGEST_DEPTH) fail("--depth is 1 to %d", LARGEST_DEPTH);
    if (producer->identity != NULL) {
        // With several the sequences of a partition would get out of order.
        if (connections != 1 || producer->batch_count != 1)
            fail("a producer with an id has one connection, and one batch to send");
        producer->stamp = batch_stamp_prepare(producer->batches);
    }
    producer->connection_count = connections;
    producer->connections = calloc(connections, sizeof *producer->connections);
    producer->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (producer->connections == NULL || producer->epoll < 0)
        fail("no memory for %u connections", connections);
    for (uint32_t i = 0; i < connections; i++) {
        struct producer_connection *connection = &producer->connections[i];
        connection->socket = connect_to(address);
        set_nonblocking(connection->socket);
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
        if (epoll_ctl(producer->epoll, EPOLL_CTL_ADD, connection->socket, &event) != 0)
            fail_errno("epoll_ctl");
    }
}

static void write_batch(struct producer *producer, struct producer_connection *connection,
                        const struct batch *batch) {
    struct outgoing_frame *frame = &connection->frame;
    if (producer->identity == NULL) {
        struct produce_request request = {
            .topic = producer->topic,
            .partition = producer->next_partition,
            .acks = producer->acks,
            .correlation = connection->next_correlation,
            .record_bytes = batch->length,
        };
        size_t length = write_produce_request(frame->prefix, &request);
        outgoing_begin(frame, length, (struct outgoing_rest){batch->bytes, batch->length, 0});
        return;
    }
    struct identity_batch request = {
        .stamp = &producer->stamp,
        .topic = producer->topic,
        .partition = producer->next_partition,
        .acks = producer->acks,
        .correlation = connection->next_correlation,
    };
    struct frame_writer writer = {.bytes = frame->prefix};
    struct outgoing_rest rest = {batch->bytes + BATCH_HEADER_BYTES, batch->length - BATCH_HEADER_BYTES,
                                 PRODUCE_TAIL_BYTES};
    identity_write_batch(producer->identity, &request, &writer);
    finish_frame(&writer, rest.record_bytes + rest.zeros);
    outgoing_begin(frame, writer.length, rest);
}

static void note_question(struct run *run, struct producer_connection *connection, uint64_t now) {
    connection->sent_at[connection->next_correlation % LARGEST_DEPTH] = now;
    connection->next_correlation++;
    run->in_flight++;
}

static void begin_batch(struct run *run, struct producer_connection *connection) {
    struct producer *producer = run->producer;
    const struct batch *batch = &producer->batches[producer->next_batch];
    producer->next_batch = (producer->next_batch + 1) % producer->batch_count;
    write_batch(producer, connection, batch);
    producer->next_partition = (producer->next_partition + 1) % producer->partitions;
    uint64_t now = monotonic_nanoseconds();
    if (producer->pace != NULL) pace_sent(producer->pace, now);
    if (producer->sent_at != NULL) {
        if (producer->sent_count == producer->sent_at_room) fail("more batches than there is room for");
        atomic_store(&producer->sent_at[producer->sent_count++], now);
    }
    note_question(run, connection, now);
    run->sent.requests++;
    run->sent.bytes += batch->length;
    run->sent.records += (uint64_t)batch->records;
    run->sent.value_bytes += batch->value_bytes;
}

static void begin_end(struct run *run, struct producer_connection *connection) {
    struct producer *producer = run->producer;
    struct end_txn_request request = {
        .version = producer->identity->version.end,
        .commits = pace_commits(producer->pace),
    };
    struct frame_writer writer = {.bytes = connection->frame.prefix};
    write_end_txn_request(&writer, &producer->identity->name, &request, connection->next_correlation);
    outgoing_begin(&connection->frame, writer.length, (struct outgoing_rest){0});
    connection->ending = 1;
    note_question(run, connection, monotonic_nanoseconds());
}

/// Whether the next batch would exceed the rate.
static int is_too_early(const struct run *run) {
    if (run->producer->rate == 0) return 0;
    double seconds = (double)(monotonic_nanoseconds() - run->started) / 1e9;
    return (double)run->sent.bytes > seconds * (double)run->producer->rate;
}

/// Whether the open transaction has to end before anything else is sent.
static int is_transaction_due(const struct run *run) {
    const struct transaction_pace *pace = run->producer->pace;
    if (pace == NULL || pace->sent == 0) return 0;
    return run->sent.bytes >= run->wanted || pace_is_due(pace, monotonic_nanoseconds());
}

static void send_what_fits(struct run *run, struct producer_connection *connection) {
    for (;;) {
        if (!connection->frame.is_unsent) {
            uint32_t in_flight = connection->next_correlation - connection->answered;
            if (connection->ending || in_flight == run->producer->depth) return;
            if (is_transaction_due(run)) {
                if (in_flight > 0) return;
                begin_end(run, connection);
            } else {
                if (run->sent.bytes >= run->wanted || is_too_early(run)) return;
                begin_batch(run, connection);
            }
        }
        if (!outgoing_send(&connection->frame, connection->socket)) return;
    }
}

static void take_end(struct run *run, struct producer_connection *connection, struct frame_reader *reader,
                     uint64_t nanoseconds) {
    struct producer *producer = run->producer;
    int error = identity_read_end(producer->identity, reader);
    if (error < 0) fail("a malformed answer to EndTxn");
    if (error > 0) fail("EndTxn was answered with error code %d", error);
    connection->ending = 0;
    pace_ended(producer->pace, nanoseconds);
}

static void take_answer(struct run *run, struct producer_connection *connection, const uint8_t *frame,
                        size_t length) {
    struct frame_reader reader = {.bytes = frame, .length = length};
    uint32_t correlation = read32(&reader);
    if (correlation != connection->answered)
        fail("answer %u came before %u", correlation, connection->answered);
    connection->answered++;
    run->in_flight--;
    uint64_t nanoseconds = monotonic_nanoseconds() - connection->sent_at[correlation % LARGEST_DEPTH];
    if (connection->ending) {
        take_end(run, connection, &reader, nanoseconds);
        return;
    }
    int error = run->producer->identity != NULL ? read_named_produce_response(&reader)
                                                : read_produce_response(frame, length, &correlation);
    if (error < 0) fail("a malformed answer to Produce, of %zu bytes", length);
    if (error > 0) fail("Produce was answered with error code %d", error);
    if (run->latency != NULL) histogram_add(run->latency, nanoseconds);
}

static void receive_answers(struct run *run, struct producer_connection *connection) {
    for (;;) {
        size_t room = sizeof connection->input - connection->filled;
        ssize_t received = recv(connection->socket, connection->input + connection->filled, room, 0);
        if (received < 0 && errno == EAGAIN) return;
        if (received < 0) fail_errno("cannot receive an answer");
        if (received == 0) fail("the server closed the connection");
        connection->filled += (size_t)received;
        size_t position = 0;
        while (connection->filled - position >= 4) {
            size_t length = get32(connection->input + position);
            if (length > sizeof connection->input - 4) fail("an answer of %zu bytes is too long", length);
            if (connection->filled - position - 4 < length) break;
            take_answer(run, connection, connection->input + position + 4, length);
            position += 4 + length;
        }
        connection->filled -= position;
        memmove(connection->input, connection->input + position, connection->filled);
        // A short read has emptied the socket; whatever comes later raises a new event.
        if ((size_t)received < room) return;
    }
}

struct production producer_run(struct producer *producer, uint64_t bytes, uint64_t seconds,
                               struct histogram *latency) {
    struct run run = {.producer = producer, .wanted = seconds > 0 ? UINT64_MAX : bytes, .latency = latency};
    uint64_t start = run.started = monotonic_nanoseconds();
    for (uint32_t i = 0; i < producer->connection_count; i++) send_what_fits(&run, &producer->connections[i]);
    while (run.sent.bytes < run.wanted || run.in_flight > 0) {
        struct epoll_event events[64];
        int count = epoll_wait(producer->epoll, events, 64, producer->rate > 0 ? 1 : ANSWER_TIMEOUT_MS);
        if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
        if (count == 0 && producer->rate == 0)
            fail("no answer within %d ms, %lu requests in flight", ANSWER_TIMEOUT_MS, run.in_flight);
        if (seconds > 0 && monotonic_nanoseconds() - start > seconds * 1000000000u) run.wanted = 0;
        for (int i = 0; i < count; i++) {
            struct producer_connection *connection = events[i].data.ptr;
            receive_answers(&run, connection);
            send_what_fits(&run, connection);
        }
        for (uint32_t i = 0; producer->rate > 0 && i < producer->connection_count; i++) {
            send_what_fits(&run, &producer->connections[i]);
        }
    }
    return run.sent;
}
