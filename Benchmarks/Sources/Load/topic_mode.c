#include "asker.h"
#include "big_endian.h"
#include "clocks.h"
#include "failure.h"
#include "frames.h"
#include "modes.h"
#include "options.h"
#include "sockets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TOPIC_TIMEOUT_MS = 600000 };

static const struct api apis[] = {
    {PRODUCE_KEY, PRODUCE_VERSION},
    {FETCH_KEY, FETCH_VERSION},
    {METADATA_KEY, METADATA_VERSION},
    {CREATE_TOPICS_KEY, CREATE_TOPICS_VERSION},
};

/// Writes the settings in `text`, which look like `name=value,name=value`.
static void write_configs(struct frame_writer *writer, const char *text) {
    char copy[1024];
    if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy) fail("--config is too long");
    uint32_t count = 0;
    size_t count_at = writer->length;
    write32(writer, 0);
    for (char *setting = strtok(copy, ","); setting != NULL; setting = strtok(NULL, ",")) {
        char *value = strchr(setting, '=');
        if (value == NULL) fail("not NAME=VALUE: %s", setting);
        *value++ = 0;
        write_string(writer, setting);
        write_string(writer, value);
        count++;
    }
    put32(writer->bytes + count_at, count);
}

static void create_topic(struct asker *asker, const char *topic, uint32_t partitions, const char *configs) {
    struct frame_writer writer = asker_begin(asker, (struct api){CREATE_TOPICS_KEY, CREATE_TOPICS_VERSION});
    write32(&writer, 1);
    write_string(&writer, topic);
    write32(&writer, partitions);
    write16(&writer, 1);
    write32(&writer, 0);
    write_configs(&writer, configs);
    write32(&writer, TOPIC_TIMEOUT_MS);
    write8(&writer, 0);
    finish_frame(&writer, 0);
    struct frame_reader reader = asker_ask(asker, &writer);
    size_t length;
    read32(&reader);
    read32(&reader);
    read_string(&reader, &length);
    uint16_t error = read16(&reader);
    const uint8_t *message = read_string(&reader, &length);
    if (reader.failed) fail("a malformed answer to CreateTopics");
    if (error != 0) fail("cannot create the topic: error code %u %.*s", error, (int)length, message);
}

/// Whether every partition of the topic has a leader.
static int topic_is_ready(struct asker *asker, const char *topic, uint32_t partitions) {
    struct frame_writer writer = asker_begin(asker, (struct api){METADATA_KEY, METADATA_VERSION});
    write32(&writer, 1);
    write_string(&writer, topic);
    write8(&writer, 0);
    finish_frame(&writer, 0);
    struct frame_reader reader = asker_ask(asker, &writer);
    size_t length;
    read32(&reader);
    for (uint32_t brokers = read32(&reader); brokers > 0 && !reader.failed; brokers--) {
        read32(&reader);
        read_string(&reader, &length);
        read32(&reader);
        read_string(&reader, &length);
    }
    read_string(&reader, &length);
    read32(&reader);
    read32(&reader);
    uint16_t error = read16(&reader);
    read_string(&reader, &length);
    read8(&reader);
    uint32_t found = read32(&reader), led = 0;
    for (uint32_t left = found; left > 0 && !reader.failed; left--) {
        uint16_t partition_error = read16(&reader);
        read32(&reader);
        int32_t leader = (int32_t)read32(&reader);
        for (int list = 0; list < 2; list++) skip_bytes(&reader, (size_t)read32(&reader) * 4);
        if (partition_error == 0 && leader >= 0) led++;
    }
    if (reader.failed) fail("a malformed answer to Metadata");
    return error == 0 && found == partitions && led == partitions;
}

/// Makes a topic and returns when it can be produced to.
void run_create_topic(int count, char **arguments) {
    static const char *const known[] = {"--address", "--topic", "--partitions", "--config", NULL};
    struct options options = options_parse(count, arguments, known);
    const char *topic = option_text(&options, "--topic", "bench");
    uint32_t partitions = (uint32_t)option_number(&options, "--partitions", 1);
    struct asker *asker = asker_connect(option_text(&options, "--address", NULL));
    asker_require(asker, apis, sizeof apis / sizeof *apis);
    create_topic(asker, topic, partitions, option_text(&options, "--config", ""));
    uint64_t start = monotonic_nanoseconds();
    while (!topic_is_ready(asker, topic, partitions)) {
        if (monotonic_nanoseconds() - start > TOPIC_TIMEOUT_MS * 1000000ull)
            fail("the topic has no leader yet");
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    printf("{\"partitions\":%u}\n", partitions);
}
