#include "produce_frames.h"

#include "frames.h"

#include <string.h>

size_t write_produce_request(uint8_t *frame, const struct produce_request *request) {
    struct frame_writer writer = {.bytes = frame};
    write_header(&writer, PRODUCE_KEY, PRODUCE_VERSION, request->correlation);
    write_string(&writer, NULL);
    write16(&writer, (uint16_t)request->acks);
    write32(&writer, 30000);
    write32(&writer, 1);
    write_string(&writer, request->topic);
    write32(&writer, 1);
    write32(&writer, request->partition);
    write32(&writer, (uint32_t)request->record_bytes);
    finish_frame(&writer, request->record_bytes);
    return writer.length;
}

int read_produce_request(const uint8_t *frame, size_t length, struct produce_view *view) {
    struct frame_reader reader = {.bytes = frame, .length = length};
    size_t ignored;
    if (read16(&reader) != PRODUCE_KEY || read16(&reader) != PRODUCE_VERSION) return 0;
    view->correlation = read32(&reader);
    read_string(&reader, &ignored);
    read_string(&reader, &ignored);
    view->acks = (int16_t)read16(&reader);
    read32(&reader);
    uint32_t topics = read32(&reader);
    view->topic = read_string(&reader, &view->topic_bytes);
    uint32_t partitions = read32(&reader);
    view->partition = read32(&reader);
    view->record_bytes = read32(&reader);
    view->records = frame + reader.position;
    return !reader.failed && topics == 1 && partitions == 1 && view->topic_bytes <= LONGEST_TOPIC_NAME &&
           view->record_bytes == length - reader.position;
}

size_t write_produce_response(uint8_t *frame, const struct produce_view *view, int64_t base_offset) {
    struct frame_writer writer = {.bytes = frame};
    write32(&writer, 0);
    write32(&writer, view->correlation);
    write32(&writer, 1);
    write16(&writer, (uint16_t)view->topic_bytes);
    memcpy(frame + writer.length, view->topic, view->topic_bytes);
    writer.length += view->topic_bytes;
    write32(&writer, 1);
    write32(&writer, view->partition);
    write16(&writer, 0);
    write64(&writer, (uint64_t)base_offset);
    write64(&writer, UINT64_MAX);
    write64(&writer, 0);
    write32(&writer, 0);
    finish_frame(&writer, 0);
    return writer.length;
}

int read_produce_response(const uint8_t *frame, size_t length, uint32_t *correlation) {
    struct frame_reader reader = {.bytes = frame, .length = length};
    size_t ignored;
    *correlation = read32(&reader);
    uint32_t topics = read32(&reader);
    read_string(&reader, &ignored);
    uint32_t partitions = read32(&reader);
    read32(&reader);
    uint16_t error = read16(&reader);
    skip_bytes(&reader, 8 + 8 + 8 + 4);
    return reader.failed || topics != 1 || partitions != 1 ? -1 : error;
}
