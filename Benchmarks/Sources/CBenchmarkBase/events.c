#include "events.h"

#include "clocks.h"
#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LARGEST_EVENT = 400 };

static const char *const kinds[] = {"order.created", "order.paid", "cart.changed", "page.viewed",
                                    "search.done"};
static const char *const countries[] = {"DE", "FR", "US", "IN", "BR", "JP"};
static const char *const sources[] = {"web", "ios", "android", "partner-api"};

#define PICK(list, random) (list)[(random) % (sizeof(list) / sizeof *(list))]

static size_t write_event(char *text, int64_t time, uint64_t *random) {
    char day[32];
    time_t seconds = (time_t)(time / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
    uint64_t a = random_next(random), b = random_next(random), c = random_next(random);
    int length =
        snprintf(text, LARGEST_EVENT,
                 "{\"id\":\"%08lx-%04lx-4%03lx-%04lx-%012lx\",\"type\":\"%s\",\"time\":\"%s.%03dZ\","
                 "\"user\":{\"id\":%lu,\"country\":\"%s\"},\"session\":\"%010lx\","
                 "\"item\":{\"sku\":\"A-%05lu\",\"quantity\":%lu,\"price\":%lu.%02lu},\"source\":\"%s\"}",
                 a >> 32, a >> 16 & 0xffff, a & 0xfff, b >> 48 & 0x3fff, b & 0xffffffffffff, PICK(kinds, c),
                 day, (int)(time % 1000), c >> 8 & 0xfffff, PICK(countries, c >> 28),
                 a * 31 >> 24 & 0xffffffffff,
                 (c >> 32) % 20000, 1 + (c >> 48) % 5, (c >> 40) % 200, (c >> 50) % 100,
                 PICK(sources, c >> 60));
    if (length < 0 || length >= LARGEST_EVENT) fail("an event of %d bytes", length);
    return (size_t)length;
}

struct batch *event_batches(const struct event_shape *shape) {
    struct batch *batches = calloc(shape->batches, sizeof *batches);
    if (batches == NULL) fail("no memory for %zu batches", shape->batches);
    uint64_t random = 0x2545f4914f6cdd1d;
    int64_t start = wall_milliseconds() - (int64_t)shape->batches;
    size_t next_key = 0;
    for (size_t i = 0; i < shape->batches; i++) {
        int64_t time = start + (int64_t)i;
        struct batch *batch = &batches[i];
        *batch = batch_begin(shape->events_per_batch * (LARGEST_EVENT + 40));
        for (size_t event = 0; event < shape->events_per_batch; event++) {
            char value[LARGEST_EVENT], key[32];
            struct record record = {.value = value, .value_bytes = write_event(value, time, &random)};
            if (shape->keys > 0) {
                record.key = key;
                record.key_bytes = (size_t)snprintf(key, sizeof key, "user-%08zu", next_key++ % shape->keys);
            }
            if (!batch_add(batch, &record, batch->capacity)) fail("a batch is full too early");
        }
        batch_finish(batch, time);
        uint8_t *exact = realloc(batch->bytes, batch->length);
        if (exact == NULL) fail("no memory for a batch");
        batch->bytes = exact;
    }
    return batches;
}

void event_batches_free(struct batch *batches, size_t count) {
    for (size_t i = 0; i < count; i++) batch_free(&batches[i]);
    free(batches);
}
