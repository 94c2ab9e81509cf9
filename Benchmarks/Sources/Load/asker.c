#include "asker.h"

#include "big_endian.h"
#include "clocks.h"
#include "failure.h"
#include "group_frames.h"
#include "sockets.h"

#include <time.h>

static const uint64_t coordinator_timeout = 20000000000;

struct asker *asker_connect(const char *address) {
    static struct asker asker;
    if (address == NULL) fail("--address is missing");
    asker.socket = connect_to(address);
    return &asker;
}

struct frame_writer asker_next(struct asker *asker) {
    asker->correlation++;
    return (struct frame_writer){.bytes = asker->frame};
}

struct frame_writer asker_begin(struct asker *asker, struct api api) {
    struct frame_writer writer = asker_next(asker);
    write_header(&writer, api.key, api.version, asker->correlation);
    return writer;
}

struct frame_reader asker_ask(struct asker *asker, const struct frame_writer *writer) {
    send_all(asker->socket, asker->frame, writer->length);
    receive_all(asker->socket, asker->answer, 4);
    size_t length = get32(asker->answer);
    if (length > LARGEST_ANSWER) fail("an answer of %zu bytes is too long", length);
    receive_all(asker->socket, asker->answer, length);
    struct frame_reader reader = {.bytes = asker->answer, .length = length};
    if (read32(&reader) != asker->correlation) fail("the answer to another request came");
    return reader;
}

void asker_require(struct asker *asker, const struct api *apis, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct frame_writer writer =
            asker_begin(asker, (struct api){API_VERSIONS_KEY, API_VERSIONS_VERSION});
        finish_frame(&writer, 0);
        struct frame_reader reader = asker_ask(asker, &writer);
        uint16_t error = read16(&reader);
        if (reader.failed || error != 0) fail("ApiVersions was answered with error code %u", error);
        int served = 0;
        for (uint32_t left = read32(&reader); left > 0 && !reader.failed; left--) {
            int16_t key = (int16_t)read16(&reader), oldest = (int16_t)read16(&reader);
            int16_t newest = (int16_t)read16(&reader);
            if (key == apis[i].key) served = oldest <= apis[i].version && apis[i].version <= newest;
        }
        if (!served) {
            fail("the server does not serve version %d of API %d", apis[i].version, apis[i].key);
        }
    }
}

int is_coordinator_not_ready(int error) {
    return error == ERROR_COORDINATOR_LOAD_IN_PROGRESS || error == ERROR_COORDINATOR_NOT_AVAILABLE ||
           error == ERROR_NOT_COORDINATOR;
}

void asker_await_coordinator(struct asker *asker, const char *group) {
    uint64_t limit = monotonic_nanoseconds() + coordinator_timeout;
    for (;;) {
        struct frame_writer writer = asker_next(asker);
        write_find_coordinator_request(&writer, group, COORDINATOR_OF_GROUP, asker->correlation);
        struct frame_reader reader = asker_ask(asker, &writer);
        int error = read_find_coordinator_response(&reader);
        if (error == 0) {
            // It may still be loading: a member that it cannot know shows whether it looks for it.
            struct classic_identity nobody = {.group = group, .member = "nobody"};
            writer = asker_next(asker);
            write_heartbeat_request(&writer, &nobody, asker->correlation);
            reader = asker_ask(asker, &writer);
            error = read_heartbeat_response(&reader);
            if (error == ERROR_UNKNOWN_MEMBER_ID) return;
        }
        if (!is_coordinator_not_ready(error))
            fail("the coordinator of %s answered with error code %d", group, error);
        if (monotonic_nanoseconds() > limit) fail("the coordinator of %s is still not ready", group);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}
