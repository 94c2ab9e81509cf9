#include "server.h"

#include "big_endian.h"
#include "failure.h"
#include "sockets.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LARGEST_FRAME = 8 << 20,
    /// What is read where the length of the next frame is not known yet. A frame that is larger is then read
    /// to its end and no further, so that nothing large is ever moved.
    FIRST_READ = 64 << 10,
};

struct connection {
    int socket;
    size_t filled;
    /// How many bytes must be there before the next wake-up.
    size_t wake;
    struct answer answer;
    uint8_t *buffer;
};

struct server {
    const struct service *service;
    int epoll;
    int listener;
};

static void accept_connection(struct server *server) {
    int socket = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) fail_errno("cannot accept a connection");
    set_no_delay(socket);
    struct connection *connection = calloc(1, sizeof *connection);
    uint8_t *buffer = aligned_alloc(4096, LARGEST_FRAME);
    if (connection == NULL || buffer == NULL) fail("no memory for a connection");
    connection->socket = socket;
    connection->buffer = buffer;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, socket, &event) != 0) fail_errno("epoll_ctl");
}

static void close_connection(struct connection *connection) {
    close(connection->socket);
    free(connection->buffer);
    free(connection);
}

/// Sends what it can. Returns 1 when the answer is out, 0 when it is held or the socket is full, -1 when the
/// peer has gone.
static int send_answer(struct connection *connection) {
    struct answer *answer = &connection->answer;
    if (answer->held) return 0;
    while (answer->sent < answer->length) {
        int flags = MSG_NOSIGNAL | (answer->file_bytes > 0 ? MSG_MORE : 0);
        ssize_t sent =
            send(connection->socket, answer->bytes + answer->sent, answer->length - answer->sent, flags);
        if (sent < 0) return errno == EAGAIN ? 0 : -1;
        answer->sent += (size_t)sent;
    }
    while (answer->file_bytes > 0) {
        ssize_t sent = sendfile(connection->socket, answer->file, &answer->file_position, answer->file_bytes);
        if (sent < 0) return errno == EAGAIN ? 0 : -1;
        if (sent == 0) fail("the file ended with %zu bytes to send", answer->file_bytes);
        answer->file_bytes -= (size_t)sent;
    }
    answer->length = answer->sent = 0;
    return 1;
}

/// How many bytes the frame that has begun still lacks; 0 where none has begun.
static size_t missing_bytes(const struct connection *connection) {
    if (connection->filled < 4) return 0;
    size_t whole = get32(connection->buffer) + (size_t)4;
    if (whole > LARGEST_FRAME) fail("a frame of %zu bytes is too large", whole);
    return whole - connection->filled;
}

/// Reads the frame that has begun to its end, or some first bytes. Returns 1 when there may be more to read,
/// 0 when the socket is empty, -1 when the peer has gone.
static int receive(struct connection *connection) {
    size_t missing = missing_bytes(connection);
    size_t first = FIRST_READ > connection->filled ? FIRST_READ - connection->filled : 0;
    size_t wanted = missing > first ? missing : first;
    ssize_t received = recv(connection->socket, connection->buffer + connection->filled, wanted, 0);
    if (received == 0 || (received < 0 && errno != EAGAIN)) return -1;
    if (received > 0) connection->filled += (size_t)received;
    if ((size_t)received == wanted) return 1;
    missing = missing_bytes(connection);
    size_t wake = missing > FIRST_READ ? missing : 1;
    if (wake != connection->wake) wake_after(connection->socket, wake);
    connection->wake = wake;
    return received > 0;
}

/// Handles the frames that are here while answers get out at once. Returns -1 when the peer has gone.
static int handle_frames(struct server *server, struct connection *connection) {
    size_t position = 0;
    int state = 1;
    while (state > 0 && connection->filled - position >= 4) {
        size_t length = get32(connection->buffer + position);
        if (connection->filled - position - 4 < length) break;
        const struct service *service = server->service;
        service->handler(service->context, connection->buffer + position + 4, length, &connection->answer);
        position += 4 + length;
        state = send_answer(connection);
    }
    if (position > 0) {
        connection->filled -= position;
        memmove(connection->buffer, connection->buffer + position, connection->filled);
    }
    return state;
}

/// Goes on with a connection until its socket has no more to give or to take.
static void proceed(struct server *server, struct connection *connection) {
    for (;;) {
        int state = send_answer(connection);
        if (state > 0) state = handle_frames(server, connection);
        if (state < 0) break;
        if (state == 0) return;
        state = receive(connection);
        if (state < 0) break;
        if (state == 0) return;
    }
    close_connection(connection);
}

/// Lets go of the answers that need be held no longer.
static void release_answers(struct server *server) {
    struct answer *next = server->service->released(server->service->context);
    while (next != NULL) {
        struct answer *answer = next;
        next = answer->next_held;
        answer->held = 0;
        proceed(server, (struct connection *)((char *)answer - offsetof(struct connection, answer)));
    }
}

static void watch(struct server *server, int descriptor, void *mark) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) fail_errno("epoll_ctl");
}

void serve(const struct service *service) {
    uint16_t port = 0;
    struct server server = {.service = service};
    server.listener = listen_on_loopback(&port);
    server.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server.epoll < 0) fail_errno("epoll");
    watch(&server, server.listener, NULL);
    if (service->released != NULL) watch(&server, service->event, &server);
    printf("ready 127.0.0.1:%u\n", port);
    fflush(stdout);

    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(server.epoll, events, 256, -1);
        if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
        for (int i = 0; i < count; i++) {
            void *mark = events[i].data.ptr;
            if (mark == NULL) {
                accept_connection(&server);
            } else if (mark == &server) {
                release_answers(&server);
            } else {
                proceed(&server, mark);
            }
        }
        if (service->round != NULL) service->round(service->context);
    }
}
