#include "batch.h"
#include "failure.h"
#include "group_commit.h"
#include "log_file.h"
#include "modes.h"
#include "options.h"
#include "produce_frames.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct produce_server {
    struct log_file *files;
    size_t file_count;
    int synced;
    /// Null where each batch is synced by itself, or none is.
    struct group_commit *commit;
};

/// What no broker can avoid: check the batch, append it to the partition's file, sync it if that was
/// promised.
static void handle(void *context, const uint8_t *frame, size_t length, struct answer *answer) {
    struct produce_server *server = context;
    struct produce_view view;
    if (!read_produce_request(frame, length, &view)) fail("not a Produce request of one partition");
    if (!batch_is_valid(view.records, view.record_bytes)) fail("a batch came damaged");
    size_t number = view.partition % server->file_count;
    struct log_file *file = &server->files[number];
    int64_t position = file->end;
    log_file_append(file, view.records, view.record_bytes);
    if (server->synced) log_file_sync(file);
    answer->length = write_produce_response(answer->bytes, &view, position);
    if (server->commit != NULL) group_commit_hold(server->commit, answer, number);
}

static void round_ended(void *context) {
    group_commit_begin(((struct produce_server *)context)->commit);
}

static struct answer *released(void *context) {
    return group_commit_end(((struct produce_server *)context)->commit);
}

void run_produce(int count, char **arguments) {
    static const char *const known[] = {"--dir",        "--files", "--durability", "--write-back", "--window",
                                        "--prewritten", NULL};
    struct options options = options_parse(count, arguments, known);
    const char *durability = option_text(&options, "--durability", "os");
    int synced = strcmp(durability, "sync") == 0, grouped = strcmp(durability, "group") == 0;
    int neither = strcmp(durability, "os") == 0;
    if (!synced && !grouped && !neither) fail("--durability is os, sync or group, not %s", durability);
    struct write_policy policy = {
        .write_back = option_number(&options, "--write-back", neither ? 4 << 20 : 0),
        .window = option_number(&options, "--window", 16 << 20),
        .prewritten = option_number(&options, "--prewritten", 0),
    };
    struct produce_server server = {.file_count = option_number(&options, "--files", 1), .synced = synced};
    server.files = calloc(server.file_count, sizeof *server.files);
    if (server.files == NULL) fail("no memory for %zu files", server.file_count);
    for (size_t i = 0; i < server.file_count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%zu.log", i);
        server.files[i] = log_file_create(option_text(&options, "--dir", "."), name, policy);
    }
    struct service service = {.handler = handle, .context = &server};
    struct group_commit commit;
    if (grouped) {
        group_commit_start(&commit, server.files, server.file_count);
        server.commit = &commit;
        service.event = commit.ended;
        service.round = round_ended;
        service.released = released;
    }
    serve(&service);
}
