#include "transaction_frames.h"

enum { TRANSACTION_TIMEOUT_MS = 60000, PRODUCE_TIMEOUT_MS = 30000 };

/// A header of the compact encoding: no tagged fields follow the client's name.
static void write_compact_header(struct frame_writer *writer, int16_t key, int16_t version,
                                 uint32_t correlation) {
    write_header(writer, key, version, correlation);
    write_uvarint(writer, 0);
}

void write_init_producer_id_request(struct frame_writer *writer, const char *transactional_id,
                                    uint32_t correlation) {
    write_compact_header(writer, INIT_PRODUCER_ID_KEY, INIT_PRODUCER_ID_VERSION, correlation);
    write_compact_string(writer, transactional_id);
    write32(writer, TRANSACTION_TIMEOUT_MS);
    // No id and epoch to go on with.
    write64(writer, UINT64_MAX);
    write16(writer, UINT16_MAX);
    write_uvarint(writer, 0);
    finish_frame(writer, 0);
}

int read_init_producer_id_response(struct frame_reader *reader, struct producer_name *name) {
    skip_tags(reader);
    read32(reader);
    uint16_t error = read16(reader);
    uint64_t id = read64(reader);
    uint16_t epoch = read16(reader);
    skip_tags(reader);
    if (reader->failed) return -1;
    if (error == 0) {
        name->id = id;
        name->epoch = epoch;
    }
    return error;
}

static void write_name(struct frame_writer *writer, const struct producer_name *name) {
    write_compact_string(writer, name->transactional_id);
    write64(writer, name->id);
    write16(writer, name->epoch);
}

void write_add_partition_request(struct frame_writer *writer, const struct producer_name *name,
                                 const char *topic, uint32_t partition, uint32_t correlation) {
    write_compact_header(writer, ADD_PARTITIONS_TO_TXN_KEY, ADD_PARTITIONS_TO_TXN_VERSION, correlation);
    write_name(writer, name);
    write_uvarint(writer, 2);
    write_compact_string(writer, topic);
    write_uvarint(writer, 2);
    write32(writer, partition);
    write_uvarint(writer, 0);
    write_uvarint(writer, 0);
    finish_frame(writer, 0);
}

/// Reads the beginning of an answer about one partition of one topic, up to its error code.
static int read_partition_error(struct frame_reader *reader) {
    size_t ignored;
    uint32_t topics = read_uvarint(reader);
    read_compact_string(reader, &ignored);
    uint32_t partitions = read_uvarint(reader);
    read32(reader);
    uint16_t error = read16(reader);
    return reader->failed || topics != 2 || partitions != 2 ? -1 : error;
}

int read_add_partition_response(struct frame_reader *reader) {
    skip_tags(reader);
    read32(reader);
    return read_partition_error(reader);
}

void write_end_txn_request(struct frame_writer *writer, const struct producer_name *name,
                           const struct end_txn_request *request, uint32_t correlation) {
    write_compact_header(writer, END_TXN_KEY, request->version, correlation);
    write_name(writer, name);
    write8(writer, request->commits ? 1 : 0);
    write_uvarint(writer, 0);
    finish_frame(writer, 0);
}

int read_end_txn_response(struct frame_reader *reader, int16_t version, struct producer_name *name) {
    skip_tags(reader);
    read32(reader);
    uint16_t error = read16(reader);
    uint64_t id = version >= 5 ? read64(reader) : name->id;
    uint16_t epoch = version >= 5 ? read16(reader) : name->epoch;
    skip_tags(reader);
    if (reader->failed) return -1;
    if (error == 0) {
        name->id = id;
        name->epoch = epoch;
    }
    return error;
}

void write_named_produce_request(struct frame_writer *writer, const struct producer_name *name,
                                 const struct named_produce_request *request) {
    write_compact_header(writer, PRODUCE_KEY, request->version, request->correlation);
    write_compact_string(writer, name->transactional_id);
    write16(writer, (uint16_t)request->acks);
    write32(writer, PRODUCE_TIMEOUT_MS);
    write_uvarint(writer, 2);
    write_compact_string(writer, request->topic);
    write_uvarint(writer, 2);
    write32(writer, request->partition);
    write_uvarint(writer, (uint32_t)request->record_bytes + 1);
}

int read_named_produce_response(struct frame_reader *reader) {
    skip_tags(reader);
    return read_partition_error(reader);
}
