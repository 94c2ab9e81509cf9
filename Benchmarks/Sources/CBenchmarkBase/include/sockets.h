#ifndef BENCHMARK_SOCKETS_H
#define BENCHMARK_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

/// A listening socket on 127.0.0.1; `port` 0 takes a free one. Returns it, and its port in `port`.
int listen_on_loopback(uint16_t *port);

/// A connected socket without Nagle's delay. `address` is `HOST:PORT` with a numeric IPv4 host.
int connect_to(const char *address);

/// The same from 127.0.0.`last`, as the ports of one address are soon taken.
int connect_from(unsigned last, const char *address);

void set_no_delay(int socket);
void set_nonblocking(int socket);

/// Asks to be woken only when `bytes` are there, or some hundred kilobytes where it is more: a wake-up for
/// each segment costs more than the bytes in it, most of all on a virtual machine.
void wake_after(int socket, size_t bytes);

/// Sends all bytes on a blocking socket.
void send_all(int socket, const void *bytes, size_t length);

/// Receives exactly `length` bytes on a blocking socket.
void receive_all(int socket, void *bytes, size_t length);

#endif
