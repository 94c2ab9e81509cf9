#ifndef FLOOR_SERVER_H
#define FLOOR_SERVER_H

#include "frames.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// An answer on its way out: some bytes, and after them a range of a file.
struct answer {
    uint8_t bytes[FRAME_ROOM];
    size_t length;
    size_t sent;
    int file;
    off_t file_position;
    size_t file_bytes;
    /// Set by a handler that lets the answer go later. Its connection is not read meanwhile, so a client has
    /// one request in flight.
    int held;
    struct answer *next_held;
};

/// Handles one frame, given without its length, and fills in the answer. No answer where its length stays 0.
typedef void (*frame_handler)(void *context, const uint8_t *frame, size_t length, struct answer *answer);

/// What is served.
struct service {
    frame_handler handler;
    void *context;
    /// For a handler that holds answers; null otherwise. `round` is called when all that was ready has been
    /// handled. `released` is called when `event` can be read, and returns the answers that may go.
    void (*round)(void *context);
    struct answer *(*released)(void *context);
    int event;
};

/// Serves on loopback, one thread and one epoll for all connections, until the process is killed. Says on
/// standard output `ready 127.0.0.1:PORT` when it listens.
_Noreturn void serve(const struct service *service);

#endif
