#ifndef LOAD_ASKER_H
#define LOAD_ASKER_H

#include "frames.h"

enum { LARGEST_ANSWER = 1 << 20 };

/// A connection that asks one thing at a time.
struct asker {
    int socket;
    uint32_t correlation;
    uint8_t frame[FRAME_ROOM];
    uint8_t answer[LARGEST_ANSWER];
};

/// An API in the version that is used of it.
struct api {
    int16_t key;
    int16_t version;
};

/// The one of this program, connected.
struct asker *asker_connect(const char *address);

/// A writer for the next request, whose correlation id is `asker->correlation`.
struct frame_writer asker_next(struct asker *asker);

/// The same, with the header already written.
struct frame_writer asker_begin(struct asker *asker, struct api api);

/// Sends a finished frame and returns a reader that stands after the correlation id of the answer.
struct frame_reader asker_ask(struct asker *asker, const struct frame_writer *writer);

/// Ends the program where the server lacks one of the APIs in the version that is used.
void asker_require(struct asker *asker, const struct api *apis, size_t count);

/// Whether an error code says that a coordinator may answer later.
int is_coordinator_not_ready(int error);

/// Returns when the coordinator of a group has loaded what it needs and answers. Makes the topic of offsets
/// where there is none.
void asker_await_coordinator(struct asker *asker, const char *group);

#endif
