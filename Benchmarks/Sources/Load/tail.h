#ifndef LOAD_TAIL_H
#define LOAD_TAIL_H

#include "frames.h"

#include <stddef.h>
#include <stdint.h>

/// A consumer that throws away what it gets, unread, but for the header of each answer: so it costs little,
/// and hides nothing of the server. All batches of its topic have the same size.
struct tail {
    int socket;
    const char *topic;
    uint32_t max_bytes;
    size_t batch_bytes;
    uint64_t batch_records;
    /// The batch that comes next, counted from 0.
    uint64_t next_batch;
    /// As the server said last.
    uint64_t high_watermark;
    uint64_t received;
    uint32_t correlation;
    uint8_t header[FRAME_ROOM];
    size_t header_bytes;
    size_t filled;
    size_t left;
};

/// Connects, and asks for the first batches.
void tail_start(struct tail *tail, const char *address);

/// Takes what has come. Returns 1 when an answer is complete, and in `batches` how many came with it; then
/// `tail_ask` asks for the next.
int tail_receive(struct tail *tail, uint64_t *batches);

void tail_ask(struct tail *tail);

#endif
