#include "failure.h"
#include "modes.h"
#include "options.h"
#include "produce_frames.h"
#include "server.h"

/// A round trip and nothing else: the small answer to a Produce request whose records are not even looked at.
static void handle(void *context, const uint8_t *frame, size_t length, struct answer *answer) {
    (void)context;
    struct produce_view view;
    if (!read_produce_request(frame, length, &view)) fail("not a Produce request of one partition");
    answer->length = write_produce_response(answer->bytes, &view, 0);
}

void run_echo(int count, char **arguments) {
    static const char *const known[] = {NULL};
    options_parse(count, arguments, known);
    serve(&(struct service){.handler = handle});
}
