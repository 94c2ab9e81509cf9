#include "sockets.h"

#include "failure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

enum { LARGEST_WAKE = 512 << 10 };

int listen_on_loopback(uint16_t *port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) fail_errno("cannot make a socket");
    int on = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) fail_errno("SO_REUSEADDR");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) {
        fail_errno("cannot listen on 127.0.0.1:%u", *port);
    }
    socklen_t length = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) fail_errno("getsockname");
    *port = ntohs(address.sin_port);
    return listener;
}

static struct sockaddr_in address_named(const char *text) {
    char host[64];
    unsigned port;
    if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 || port > 65535) {
        fail("not a numeric HOST:PORT: %s", text);
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) fail("not an IPv4 address: %s", host);
    return address;
}

static int new_socket(void) {
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) fail_errno("cannot make a socket");
    return made;
}

static void connect_socket(int socket, const char *text) {
    struct sockaddr_in address = address_named(text);
    if (connect(socket, (struct sockaddr *)&address, sizeof address) != 0) {
        fail_errno("cannot connect to %s", text);
    }
    set_no_delay(socket);
}

int connect_to(const char *text) {
    int connection = new_socket();
    connect_socket(connection, text);
    return connection;
}

int connect_from(unsigned last, const char *text) {
    int connection = new_socket(), on = 1;
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl((127u << 24) + last);
    // The port is chosen when the other end is known, so that it need be free for that one alone.
    if (setsockopt(connection, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0 ||
        bind(connection, (struct sockaddr *)&source, sizeof source) != 0) {
        fail_errno("cannot connect from 127.0.0.%u", last);
    }
    connect_socket(connection, text);
    return connection;
}

void set_no_delay(int socket) {
    int on = 1;
    if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail_errno("TCP_NODELAY");
}

void set_nonblocking(int socket) {
    if (fcntl(socket, F_SETFL, O_NONBLOCK) != 0) fail_errno("O_NONBLOCK");
}

void wake_after(int socket, size_t bytes) {
    int low = bytes < LARGEST_WAKE ? (int)bytes : LARGEST_WAKE;
    if (setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low) != 0) fail_errno("SO_RCVLOWAT");
}

void send_all(int socket, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t sent = send(socket, next, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) fail_errno("cannot send %zu bytes", length);
        next += sent;
        length -= (size_t)sent;
    }
}

void receive_all(int socket, void *bytes, size_t length) {
    char *next = bytes;
    while (length > 0) {
        ssize_t received = recv(socket, next, length, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received < 0) fail_errno("cannot receive %zu bytes", length);
        if (received == 0) fail("the server closed the connection with %zu bytes to come", length);
        next += received;
        length -= (size_t)received;
    }
}
