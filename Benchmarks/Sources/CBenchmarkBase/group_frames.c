#include "group_frames.h"

#include "big_endian.h"

#include <string.h>

enum { SESSION_TIMEOUT_MS = 45000, REBALANCE_TIMEOUT_MS = 300000 };

void write_commit_request(struct frame_writer *writer, const struct commit_request *request,
                          uint32_t correlation) {
    write_header(writer, OFFSET_COMMIT_KEY, OFFSET_COMMIT_VERSION, correlation);
    write_string(writer, request->group);
    write32(writer, UINT32_MAX);
    write_string(writer, "");
    write_string(writer, NULL);
    write32(writer, 1);
    write_string(writer, request->topic);
    write32(writer, 1);
    write32(writer, request->partition);
    write64(writer, request->offset);
    write32(writer, UINT32_MAX);
    write_string(writer, "");
    finish_frame(writer, 0);
}

int read_commit_response(struct frame_reader *reader) {
    size_t ignored;
    read32(reader);
    uint32_t topics = read32(reader);
    read_string(reader, &ignored);
    uint32_t partitions = read32(reader);
    read32(reader);
    uint16_t error = read16(reader);
    return reader->failed || topics != 1 || partitions != 1 ? -1 : error;
}

void write_find_coordinator_request(struct frame_writer *writer, const char *key, uint8_t type,
                                    uint32_t correlation) {
    write_header(writer, FIND_COORDINATOR_KEY, FIND_COORDINATOR_VERSION, correlation);
    write_string(writer, key);
    write8(writer, type);
    finish_frame(writer, 0);
}

/// The waiting time for quotas, and an error code.
static int read_error(struct frame_reader *reader) {
    read32(reader);
    uint16_t error = read16(reader);
    return reader->failed ? -1 : error;
}

int read_find_coordinator_response(struct frame_reader *reader) {
    return read_error(reader);
}

static void write_identity(struct frame_writer *writer, const struct classic_identity *identity) {
    write_string(writer, identity->group);
    write32(writer, (uint32_t)identity->generation);
    write_string(writer, identity->member);
    write_string(writer, NULL);
}

void write_heartbeat_request(struct frame_writer *writer, const struct classic_identity *identity,
                             uint32_t correlation) {
    write_header(writer, HEARTBEAT_KEY, HEARTBEAT_VERSION, correlation);
    write_identity(writer, identity);
    finish_frame(writer, 0);
}

int read_heartbeat_response(struct frame_reader *reader) {
    return read_error(reader);
}

void write_heartbeat_response(struct frame_writer *writer, uint32_t correlation) {
    write32(writer, 0);
    write32(writer, correlation);
    write32(writer, 0);
    write16(writer, 0);
    finish_frame(writer, 0);
}

void write_leave_request(struct frame_writer *writer, const struct classic_identity *identity,
                         uint32_t correlation) {
    write_header(writer, LEAVE_GROUP_KEY, LEAVE_GROUP_VERSION, correlation);
    write_string(writer, identity->group);
    write32(writer, 1);
    write_string(writer, identity->member);
    write_string(writer, NULL);
    finish_frame(writer, 0);
}

int read_leave_response(struct frame_reader *reader) {
    int error = read_error(reader);
    if (error != 0) return error;
    size_t ignored;
    uint32_t members = read32(reader);
    read_string(reader, &ignored);
    read_string(reader, &ignored);
    uint16_t of_member = read16(reader);
    return reader->failed || members != 1 ? -1 : of_member;
}

void write_join_request(struct frame_writer *writer, const struct classic_identity *identity,
                        const char *topic, uint32_t correlation) {
    write_header(writer, JOIN_GROUP_KEY, JOIN_GROUP_VERSION, correlation);
    write_string(writer, identity->group);
    write32(writer, SESSION_TIMEOUT_MS);
    write32(writer, REBALANCE_TIMEOUT_MS);
    write_string(writer, identity->member);
    write_string(writer, NULL);
    write_string(writer, "consumer");
    write32(writer, 1);
    write_string(writer, "range");
    // The subscription: version 0, one topic, no user data.
    size_t length_at = writer->length;
    write32(writer, 0);
    write16(writer, 0);
    write32(writer, 1);
    write_string(writer, topic);
    write32(writer, UINT32_MAX);
    put32(writer->bytes + length_at, (uint32_t)(writer->length - length_at - 4));
    finish_frame(writer, 0);
}

int read_join_response(struct frame_reader *reader, struct join_response *response) {
    size_t ignored, leader_bytes, member_bytes;
    response->error = read_error(reader);
    response->generation = (int32_t)read32(reader);
    read_string(reader, &ignored);
    const uint8_t *leader = read_string(reader, &leader_bytes);
    const uint8_t *member = read_string(reader, &member_bytes);
    response->members = read32(reader);
    if (reader->failed || member_bytes > LONGEST_MEMBER_ID) return 0;
    memcpy(response->member, member, member_bytes);
    response->member[member_bytes] = 0;
    response->is_leader = leader_bytes == member_bytes && memcmp(leader, member, member_bytes) == 0;
    return 1;
}

/// The partitions of the member with this number: every so many-th.
static void write_assignment(struct frame_writer *writer, const struct division *division, uint32_t number) {
    size_t length_at = writer->length;
    write32(writer, 0);
    write16(writer, 0);
    write32(writer, number < division->partitions ? 1 : 0);
    if (number < division->partitions) {
        write_string(writer, division->topic);
        write32(writer, (division->partitions - number + division->members - 1) / division->members);
        for (uint32_t next = number; next < division->partitions; next += division->members) {
            write32(writer, next);
        }
    }
    write32(writer, UINT32_MAX);
    put32(writer->bytes + length_at, (uint32_t)(writer->length - length_at - 4));
}

void write_sync_request(struct frame_writer *writer, const struct classic_identity *identity,
                        const struct division *division, struct frame_reader *members, uint32_t correlation) {
    write_header(writer, SYNC_GROUP_KEY, SYNC_GROUP_VERSION, correlation);
    write_identity(writer, identity);
    write32(writer, division->members);
    for (uint32_t number = 0; number < division->members && !members->failed; number++) {
        size_t id_bytes, ignored;
        const uint8_t *id = read_string(members, &id_bytes);
        write16(writer, (uint16_t)id_bytes);
        write_bytes(writer, id, id_bytes);
        read_string(members, &ignored);
        skip_bytes(members, read32(members));
        write_assignment(writer, division, number);
    }
    finish_frame(writer, 0);
}

int read_sync_response(struct frame_reader *reader, uint32_t *partitions) {
    int error = read_error(reader);
    *partitions = 0;
    if (error != 0) return error;
    size_t ignored;
    read32(reader);
    read16(reader);
    for (uint32_t topics = read32(reader); topics > 0 && !reader->failed; topics--) {
        read_string(reader, &ignored);
        uint32_t count = read32(reader);
        skip_bytes(reader, (size_t)count * 4);
        *partitions += count;
    }
    return reader->failed ? -1 : 0;
}
