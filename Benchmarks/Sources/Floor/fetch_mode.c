#include "batch.h"
#include "big_endian.h"
#include "failure.h"
#include "fetch_frames.h"
#include "log_file.h"
#include "modes.h"
#include "options.h"
#include "server.h"

struct fetch_server {
    struct log_file file;
    const char *topic;
    size_t batch_bytes;
    uint64_t batches;
    uint64_t batch_records;
};

/// What no broker can avoid: find the place, send a few bytes and a range of the file.
static void handle(void *context, const uint8_t *frame, size_t length, struct answer *answer) {
    const struct fetch_server *server = context;
    struct fetch_request request;
    if (!read_fetch_request(frame, length, &request)) fail("not a Fetch request of one partition");
    request.topic = server->topic;
    uint64_t first = request.offset / server->batch_records;
    uint64_t whole = request.max_bytes / server->batch_bytes;
    if (whole == 0) whole = 1;
    uint64_t left = first < server->batches ? server->batches - first : 0;
    answer->file = server->file.descriptor;
    answer->file_position = (off_t)(first * server->batch_bytes);
    answer->file_bytes = (whole < left ? whole : left) * server->batch_bytes;
    uint64_t high_watermark = server->batches * server->batch_records;
    answer->length = write_fetch_response(answer->bytes, &request, high_watermark, answer->file_bytes);
}

void run_fetch(int count, char **arguments) {
    static const char *const known[] = {"--dir", "--topic", "--bytes", "--batch", "--record", NULL};
    struct options options = options_parse(count, arguments, known);
    struct batch batch =
        batch_build(option_number(&options, "--batch", 1 << 20), option_number(&options, "--record", 1024));
    struct fetch_server server = {
        .file = log_file_create(option_text(&options, "--dir", "."), "0.log", (struct write_policy){0}),
        .topic = option_text(&options, "--topic", "bench"),
        .batch_bytes = batch.length,
        .batches = option_number(&options, "--bytes", 256 << 20) / batch.length,
        .batch_records = (uint64_t)batch.records,
    };
    for (uint64_t i = 0; i < server.batches; i++) {
        put64(batch.bytes, i * server.batch_records);
        log_file_append(&server.file, batch.bytes, batch.length);
    }
    log_file_sync(&server.file);
    batch_free(&batch);
    serve(&(struct service){.handler = handle, .context = &server});
}
