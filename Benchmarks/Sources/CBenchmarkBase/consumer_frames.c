#include "consumer_frames.h"

enum { REBALANCE_TIMEOUT_MS = 300000, TOPIC_ID_BYTES = 16, HEARTBEAT_INTERVAL_MS = 5000 };

void write_consumer_heartbeat(struct frame_writer *writer, const struct consumer_heartbeat *heartbeat,
                              uint32_t correlation) {
    write_header(writer, CONSUMER_HEARTBEAT_KEY, CONSUMER_HEARTBEAT_VERSION, correlation);
    write_uvarint(writer, 0);
    write_compact_string(writer, heartbeat->group);
    write_compact_string(writer, heartbeat->member);
    write32(writer, (uint32_t)heartbeat->epoch);
    // Instance and rack.
    write_compact_string(writer, NULL);
    write_compact_string(writer, NULL);
    write32(writer, heartbeat->topic == NULL ? UINT32_MAX : REBALANCE_TIMEOUT_MS);
    if (heartbeat->topic == NULL) {
        write_uvarint(writer, 0);
    } else {
        write_uvarint(writer, 2);
        write_compact_string(writer, heartbeat->topic);
    }
    // Regular expression and assignor.
    write_compact_string(writer, NULL);
    write_compact_string(writer, NULL);
    if (heartbeat->owned != NULL) {
        write_bytes(writer, heartbeat->owned, heartbeat->owned_bytes);
    } else {
        // One who joins says that it has none.
        write_uvarint(writer, heartbeat->epoch == EPOCH_OF_JOINING ? 1 : 0);
    }
    write_uvarint(writer, 0);
    finish_frame(writer, 0);
}

/// Steps over partitions by topic, and counts them.
static uint32_t read_partitions(struct frame_reader *reader) {
    uint32_t partitions = 0;
    for (uint32_t topics = read_uvarint(reader); topics > 1 && !reader->failed; topics--) {
        skip_bytes(reader, TOPIC_ID_BYTES);
        uint32_t count = read_uvarint(reader);
        count = count == 0 ? 0 : count - 1;
        skip_bytes(reader, (size_t)count * 4);
        skip_tags(reader);
        partitions += count;
    }
    return partitions;
}

int read_consumer_heartbeat_response(struct frame_reader *reader,
                                     struct consumer_heartbeat_response *response) {
    size_t ignored;
    *response = (struct consumer_heartbeat_response){0};
    skip_tags(reader);
    read32(reader);
    response->error = read16(reader);
    read_compact_string(reader, &ignored);
    read_compact_string(reader, &ignored);
    response->epoch = (int32_t)read32(reader);
    read32(reader);
    if ((int8_t)read8(reader) > 0) {
        size_t start = reader->position;
        response->partitions = read_partitions(reader);
        response->assignment = reader->bytes + start;
        response->assignment_bytes = reader->position - start;
        skip_tags(reader);
    }
    skip_tags(reader);
    return !reader->failed;
}

int answer_consumer_heartbeat(struct frame_writer *writer, const uint8_t *request, size_t length) {
    struct frame_reader reader = {.bytes = request, .length = length};
    size_t ignored, member_bytes;
    read32(&reader);
    uint32_t correlation = read32(&reader);
    read_string(&reader, &ignored);
    skip_tags(&reader);
    read_compact_string(&reader, &ignored);
    const uint8_t *member = read_compact_string(&reader, &member_bytes);
    uint32_t epoch = read32(&reader);
    if (reader.failed) return 0;
    write32(writer, 0);
    write32(writer, correlation);
    write_uvarint(writer, 0);
    write32(writer, 0);
    write16(writer, 0);
    write_compact_string(writer, NULL);
    write_uvarint(writer, (uint32_t)member_bytes + 1);
    write_bytes(writer, member, member_bytes);
    write32(writer, epoch);
    write32(writer, HEARTBEAT_INTERVAL_MS);
    write8(writer, UINT8_MAX);
    write_uvarint(writer, 0);
    finish_frame(writer, 0);
    return 1;
}
