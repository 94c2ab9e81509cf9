#include "fetch_frames.h"

#include "frames.h"

size_t write_fetch_request(uint8_t *frame, const struct fetch_request *request) {
    struct frame_writer writer = {.bytes = frame};
    write_header(&writer, FETCH_KEY, FETCH_VERSION, request->correlation);
    write32(&writer, UINT32_MAX);
    write32(&writer, 500);
    write32(&writer, 1);
    write32(&writer, request->max_bytes);
    write8(&writer, request->reads_committed ? 1 : 0);
    // No fetch session: session 0, epoch -1.
    write32(&writer, 0);
    write32(&writer, UINT32_MAX);
    write32(&writer, 1);
    write_string(&writer, request->topic);
    write32(&writer, 1);
    write32(&writer, request->partition);
    write32(&writer, UINT32_MAX);
    write64(&writer, request->offset);
    write64(&writer, UINT64_MAX);
    write32(&writer, request->max_bytes);
    write32(&writer, 0);
    write_string(&writer, "");
    finish_frame(&writer, 0);
    return writer.length;
}

int read_fetch_request(const uint8_t *frame, size_t length, struct fetch_request *request) {
    struct frame_reader reader = {.bytes = frame, .length = length};
    size_t ignored;
    if (read16(&reader) != FETCH_KEY || read16(&reader) != FETCH_VERSION) return 0;
    *request = (struct fetch_request){.correlation = read32(&reader)};
    read_string(&reader, &ignored);
    // Replica, longest wait, least bytes; then the limits, isolation level and session.
    skip_bytes(&reader, 4 + 4 + 4);
    request->max_bytes = read32(&reader);
    skip_bytes(&reader, 1 + 4 + 4);
    uint32_t topics = read32(&reader);
    read_string(&reader, &ignored);
    uint32_t partitions = read32(&reader);
    request->partition = read32(&reader);
    read32(&reader);
    request->offset = read64(&reader);
    return !reader.failed && topics == 1 && partitions == 1;
}

size_t write_fetch_response(uint8_t *frame, const struct fetch_request *request, uint64_t high_watermark,
                            size_t record_bytes) {
    struct frame_writer writer = {.bytes = frame};
    write32(&writer, 0);
    write32(&writer, request->correlation);
    write32(&writer, 0);
    write16(&writer, 0);
    write32(&writer, 0);
    write32(&writer, 1);
    write_string(&writer, request->topic);
    write32(&writer, 1);
    write32(&writer, request->partition);
    write16(&writer, 0);
    write64(&writer, high_watermark);
    write64(&writer, high_watermark);
    write64(&writer, 0);
    write32(&writer, UINT32_MAX);
    write32(&writer, UINT32_MAX);
    write32(&writer, (uint32_t)record_bytes);
    finish_frame(&writer, record_bytes);
    return writer.length;
}

int read_fetch_response(const uint8_t *frame, size_t length, struct fetch_view *view) {
    struct frame_reader reader = {.bytes = frame, .length = length};
    size_t ignored;
    view->correlation = read32(&reader);
    read32(&reader);
    view->error = read16(&reader);
    read32(&reader);
    uint32_t topics = read32(&reader);
    if (!reader.failed && view->error != 0) return 1;
    read_string(&reader, &ignored);
    uint32_t partitions = read32(&reader);
    read32(&reader);
    view->error = read16(&reader);
    view->high_watermark = read64(&reader);
    read64(&reader);
    view->log_start_offset = read64(&reader);
    int32_t aborted = (int32_t)read32(&reader);
    view->aborted = aborted < 0 ? 0 : (uint32_t)aborted;
    skip_bytes(&reader, (size_t)view->aborted * 16);
    read32(&reader);
    int32_t record_bytes = (int32_t)read32(&reader);
    view->record_bytes = record_bytes < 0 ? 0 : (size_t)record_bytes;
    view->records = frame + reader.position;
    return !reader.failed && topics == 1 && partitions == 1 && view->record_bytes == length - reader.position;
}
