#include "big_endian.h"
#include "consumer_frames.h"
#include "failure.h"
#include "group_frames.h"
#include "modes.h"
#include "options.h"
#include "produce_frames.h"
#include "server.h"

enum { CORRELATION_AT = 4 };

/// A round trip and nothing else: the small answer to a Produce request whose records are not even looked at,
/// or to a heartbeat of a member that is not known.
static void handle(void *context, const uint8_t *frame, size_t length, struct answer *answer) {
    (void)context;
    struct frame_writer writer = {.bytes = answer->bytes};
    struct produce_view view;
    uint16_t key = length >= CORRELATION_AT + 4 ? get16(frame) : UINT16_MAX;
    if (key == HEARTBEAT_KEY) {
        write_heartbeat_response(&writer, get32(frame + CORRELATION_AT));
        answer->length = writer.length;
    } else if (key == CONSUMER_HEARTBEAT_KEY) {
        if (!answer_consumer_heartbeat(&writer, frame, length)) fail("a malformed ConsumerGroupHeartbeat");
        answer->length = writer.length;
    } else {
        if (!read_produce_request(frame, length, &view)) fail("not a Produce request of one partition");
        answer->length = write_produce_response(answer->bytes, &view, 0);
    }
}

void run_echo(int count, char **arguments) {
    static const char *const known[] = {NULL};
    options_parse(count, arguments, known);
    serve(&(struct service){.handler = handle});
}
