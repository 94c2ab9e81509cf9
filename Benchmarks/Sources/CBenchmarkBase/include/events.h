#ifndef BENCHMARK_EVENTS_H
#define BENCHMARK_EVENTS_H

#include "batch.h"

/// What services send: JSON of about 230 bytes with ids, a time and nested fields, as orders or clicks have
/// them. A third of it is random.
struct event_shape {
    size_t batches;
    size_t events_per_batch;
    /// Keys are given in turn, so that the last `keys` events have one each; 0 for events without key.
    size_t keys;
};

/// Builds different batches, to be sent in turn. Always the same ones, but for their times.
struct batch *event_batches(const struct event_shape *shape);

void event_batches_free(struct batch *batches, size_t count);

#endif
