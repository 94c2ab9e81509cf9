#ifndef BENCHMARK_FRAMES_H
#define BENCHMARK_FRAMES_H

#include <stddef.h>
#include <stdint.h>

/// The Kafka frames of the benchmark. Versions are the last ones before the compact encoding, where every
/// field but the names has a fixed size: Produce 7, Fetch 11, Metadata 4, CreateTopics 4, ApiVersions 0.
/// Those of groups are beside their functions.

enum {
    PRODUCE_KEY = 0,
    PRODUCE_VERSION = 7,
    FETCH_KEY = 1,
    FETCH_VERSION = 11,
    METADATA_KEY = 3,
    METADATA_VERSION = 4,
    API_VERSIONS_KEY = 18,
    API_VERSIONS_VERSION = 0,
    CREATE_TOPICS_KEY = 19,
    CREATE_TOPICS_VERSION = 4,
    /// Room for any request or response here without its records.
    FRAME_ROOM = 4096,
    LONGEST_TOPIC_NAME = 249,
};

/// Writes fields one after the other. Running out of room ends the program.
struct frame_writer {
    uint8_t *bytes;
    size_t length;
    /// 0 for `FRAME_ROOM`.
    size_t room;
};

void write8(struct frame_writer *writer, uint8_t value);
void write16(struct frame_writer *writer, uint16_t value);
void write32(struct frame_writer *writer, uint32_t value);
void write64(struct frame_writer *writer, uint64_t value);
/// A string with its length, or null.
void write_string(struct frame_writer *writer, const char *text);
void write_bytes(struct frame_writer *writer, const void *bytes, size_t count);
/// A number of the compact encoding, seven bits in a byte.
void write_uvarint(struct frame_writer *writer, uint32_t value);
/// A string of the compact encoding, or null.
void write_compact_string(struct frame_writer *writer, const char *text);
/// Length (still open), API key, version, correlation id, client id.
void write_header(struct frame_writer *writer, int16_t key, int16_t version, uint32_t correlation);
/// Sets the length of the frame, of which `following` bytes come from elsewhere.
void finish_frame(struct frame_writer *writer, size_t following);

/// Reads fields one after the other. After the first that does not fit, `failed` stays set and zeros are
/// read.
struct frame_reader {
    const uint8_t *bytes;
    size_t length;
    size_t position;
    int failed;
};

uint8_t read8(struct frame_reader *reader);
uint16_t read16(struct frame_reader *reader);
uint32_t read32(struct frame_reader *reader);
uint64_t read64(struct frame_reader *reader);
/// Skips a string that may be null. Returns where its bytes begin, and their number in `length`.
const uint8_t *read_string(struct frame_reader *reader, size_t *length);
uint32_t read_uvarint(struct frame_reader *reader);
const uint8_t *read_compact_string(struct frame_reader *reader, size_t *length);
void skip_bytes(struct frame_reader *reader, size_t count);
/// Skips the tagged fields that end a struct of the compact encoding.
void skip_tags(struct frame_reader *reader);

#endif
