#include "frames.h"

#include "big_endian.h"
#include "failure.h"

#include <string.h>

static uint8_t *take_room(struct frame_writer *writer, size_t count) {
    size_t room = writer->room > 0 ? writer->room : FRAME_ROOM;
    if (count > room - writer->length) fail("a frame does not fit into %zu bytes", room);
    uint8_t *at = writer->bytes + writer->length;
    writer->length += count;
    return at;
}

void write8(struct frame_writer *writer, uint8_t value) {
    *take_room(writer, 1) = value;
}

void write16(struct frame_writer *writer, uint16_t value) {
    put16(take_room(writer, 2), value);
}

void write32(struct frame_writer *writer, uint32_t value) {
    put32(take_room(writer, 4), value);
}

void write64(struct frame_writer *writer, uint64_t value) {
    put64(take_room(writer, 8), value);
}

void write_string(struct frame_writer *writer, const char *text) {
    if (text == NULL) {
        write16(writer, UINT16_MAX);
        return;
    }
    size_t length = strlen(text);
    write16(writer, (uint16_t)length);
    memcpy(take_room(writer, length), text, length);
}

void write_bytes(struct frame_writer *writer, const void *bytes, size_t count) {
    memcpy(take_room(writer, count), bytes, count);
}

void write_uvarint(struct frame_writer *writer, uint32_t value) {
    while (value >= 0x80) {
        write8(writer, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    write8(writer, (uint8_t)value);
}

void write_compact_string(struct frame_writer *writer, const char *text) {
    size_t length = text == NULL ? 0 : strlen(text);
    write_uvarint(writer, text == NULL ? 0 : (uint32_t)length + 1);
    write_bytes(writer, text == NULL ? "" : text, length);
}

void write_header(struct frame_writer *writer, int16_t key, int16_t version, uint32_t correlation) {
    write32(writer, 0);
    write16(writer, (uint16_t)key);
    write16(writer, (uint16_t)version);
    write32(writer, correlation);
    write_string(writer, "martlet-load");
}

void finish_frame(struct frame_writer *writer, size_t following) {
    put32(writer->bytes, (uint32_t)(writer->length - 4 + following));
}

static const uint8_t *take_bytes(struct frame_reader *reader, size_t count) {
    static const uint8_t zeros[8];
    if (reader->failed || count > reader->length - reader->position) {
        reader->failed = 1;
        return zeros;
    }
    const uint8_t *at = reader->bytes + reader->position;
    reader->position += count;
    return at;
}

uint8_t read8(struct frame_reader *reader) {
    return *take_bytes(reader, 1);
}

uint16_t read16(struct frame_reader *reader) {
    return get16(take_bytes(reader, 2));
}

uint32_t read32(struct frame_reader *reader) {
    return get32(take_bytes(reader, 4));
}

uint64_t read64(struct frame_reader *reader) {
    return get64(take_bytes(reader, 8));
}

const uint8_t *read_string(struct frame_reader *reader, size_t *length) {
    int16_t announced = (int16_t)read16(reader);
    size_t count = announced < 0 ? 0 : (size_t)announced;
    const uint8_t *at = take_bytes(reader, count);
    *length = reader->failed ? 0 : count;
    return at;
}

uint32_t read_uvarint(struct frame_reader *reader) {
    uint32_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = read8(reader);
        value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    reader->failed = 1;
    return 0;
}

const uint8_t *read_compact_string(struct frame_reader *reader, size_t *length) {
    uint32_t announced = read_uvarint(reader);
    size_t count = announced == 0 ? 0 : announced - 1;
    const uint8_t *at = take_bytes(reader, count);
    *length = reader->failed ? 0 : count;
    return at;
}

void skip_bytes(struct frame_reader *reader, size_t count) {
    take_bytes(reader, count);
}

void skip_tags(struct frame_reader *reader) {
    for (uint32_t left = read_uvarint(reader); left > 0 && !reader->failed; left--) {
        read_uvarint(reader);
        skip_bytes(reader, read_uvarint(reader));
    }
}
