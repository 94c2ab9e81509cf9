#include "producer.h"

#include "big_endian.h"
#include "clocks.h"
#include "failure.h"
#include "frames.h"
#include "produce_frames.h"
#include "sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { ANSWER_TIMEOUT_MS = 30000 };

struct producer_connection {
    int socket;
    /// The frame that is being sent: its own first bytes, then a batch that it shares with others.
    const struct batch *batch;
    uint8_t prefix[FRAME_ROOM];
    size_t prefix_length;
    size_t sent;
    int sending;
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
    struct production sent;
    struct histogram *latency;
};

void producer_connect(struct producer *producer, const char *address, uint32_t connections) {
    if (producer->depth == 0 || producer->depth > LARGEST_DEPTH) fail("--depth is 1 to %d", LARGEST_DEPTH);
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

static void begin_frame(struct run *run, struct producer_connection *connection) {
    struct producer *producer = run->producer;
    const struct batch *batch = &producer->batches[producer->next_batch];
    producer->next_batch = (producer->next_batch + 1) % producer->batch_count;
    struct produce_request request = {
        .topic = producer->topic,
        .partition = producer->next_partition,
        .acks = producer->acks,
        .correlation = connection->next_correlation,
        .record_bytes = batch->length,
    };
    producer->next_partition = (producer->next_partition + 1) % producer->partitions;
    connection->prefix_length = write_produce_request(connection->prefix, &request);
    connection->batch = batch;
    connection->sent = 0;
    connection->sending = 1;
    connection->sent_at[connection->next_correlation % LARGEST_DEPTH] = monotonic_nanoseconds();
    connection->next_correlation++;
    run->in_flight++;
    run->sent.requests++;
    run->sent.bytes += batch->length;
    run->sent.records += (uint64_t)batch->records;
    run->sent.value_bytes += batch->value_bytes;
}

/// Sends the rest of the frame. Returns 0 when the socket is full.
static int send_frame(struct producer_connection *connection) {
    const struct batch *batch = connection->batch;
    size_t whole = connection->prefix_length + batch->length;
    while (connection->sent < whole) {
        struct iovec parts[2];
        struct msghdr message = {.msg_iov = parts};
        size_t records_sent = 0;
        if (connection->sent < connection->prefix_length) {
            parts[message.msg_iovlen++] = (struct iovec){connection->prefix + connection->sent,
                                                         connection->prefix_length - connection->sent};
        } else {
            records_sent = connection->sent - connection->prefix_length;
        }
        parts[message.msg_iovlen++] =
            (struct iovec){batch->bytes + records_sent, batch->length - records_sent};
        ssize_t sent = sendmsg(connection->socket, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return 0;
        if (sent < 0) fail_errno("cannot send a batch");
        connection->sent += (size_t)sent;
    }
    connection->sending = 0;
    return 1;
}

static void send_what_fits(struct run *run, struct producer_connection *connection) {
    for (;;) {
        if (!connection->sending) {
            uint32_t in_flight = connection->next_correlation - connection->answered;
            if (run->sent.bytes >= run->wanted || in_flight == run->producer->depth) return;
            begin_frame(run, connection);
        }
        if (!send_frame(connection)) return;
    }
}

static void take_answer(struct run *run, struct producer_connection *connection, const uint8_t *frame,
                        size_t length) {
    uint32_t correlation;
    int error = read_produce_response(frame, length, &correlation);
    if (error < 0) fail("a malformed answer to Produce, of %zu bytes", length);
    if (error > 0) fail("Produce was answered with error code %d", error);
    if (correlation != connection->answered)
        fail("answer %u came before %u", correlation, connection->answered);
    connection->answered++;
    run->in_flight--;
    if (run->latency == NULL) return;
    uint64_t sent_at = connection->sent_at[correlation % LARGEST_DEPTH];
    histogram_add(run->latency, monotonic_nanoseconds() - sent_at);
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
    struct run run = {
        .producer = producer, .wanted = seconds > 0 ? UINT64_MAX : bytes, .latency = latency};
    uint64_t start = monotonic_nanoseconds();
    for (uint32_t i = 0; i < producer->connection_count; i++) send_what_fits(&run, &producer->connections[i]);
    while (run.sent.bytes < run.wanted || run.in_flight > 0) {
        struct epoll_event events[64];
        int count = epoll_wait(producer->epoll, events, 64, ANSWER_TIMEOUT_MS);
        if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
        if (count == 0)
            fail("no answer within %d ms, %lu requests in flight", ANSWER_TIMEOUT_MS, run.in_flight);
        if (seconds > 0 && monotonic_nanoseconds() - start > seconds * 1000000000u) run.wanted = 0;
        for (int i = 0; i < count; i++) {
            struct producer_connection *connection = events[i].data.ptr;
            receive_answers(&run, connection);
            send_what_fits(&run, connection);
        }
    }
    return run.sent;
}
