#ifndef BENCHMARK_GROUP_FRAMES_H
#define BENCHMARK_GROUP_FRAMES_H

#include "frames.h"

/// Frames of classic groups and of offsets, in the last versions before the compact encoding. Readers stand
/// after the correlation id.

enum {
    OFFSET_COMMIT_KEY = 8,
    OFFSET_COMMIT_VERSION = 7,
    FIND_COORDINATOR_KEY = 10,
    FIND_COORDINATOR_VERSION = 2,
    JOIN_GROUP_KEY = 11,
    JOIN_GROUP_VERSION = 5,
    HEARTBEAT_KEY = 12,
    HEARTBEAT_VERSION = 3,
    LEAVE_GROUP_KEY = 13,
    LEAVE_GROUP_VERSION = 3,
    SYNC_GROUP_KEY = 14,
    SYNC_GROUP_VERSION = 3,

    ERROR_COORDINATOR_LOAD_IN_PROGRESS = 14,
    ERROR_COORDINATOR_NOT_AVAILABLE = 15,
    ERROR_NOT_COORDINATOR = 16,
    ERROR_UNKNOWN_MEMBER_ID = 25,
    ERROR_REBALANCE_IN_PROGRESS = 27,
    ERROR_MEMBER_ID_REQUIRED = 79,

    LONGEST_MEMBER_ID = 127,
};

/// A member of a classic group, as it names itself in its requests.
struct classic_identity {
    const char *group;
    const char *member;
    int32_t generation;
};

/// One offset of one partition, by a consumer that is in no group's generation.
struct commit_request {
    const char *group;
    const char *topic;
    uint32_t partition;
    uint64_t offset;
};

void write_commit_request(struct frame_writer *writer, const struct commit_request *request,
                          uint32_t correlation);
/// Returns the error code, or -1 where the answer is malformed.
int read_commit_response(struct frame_reader *reader);

/// What a coordinator looks after.
enum { COORDINATOR_OF_GROUP = 0, COORDINATOR_OF_TRANSACTION = 1 };

void write_find_coordinator_request(struct frame_writer *writer, const char *key, uint8_t type,
                                    uint32_t correlation);
/// Returns the error code, or -1 where the answer is malformed.
int read_find_coordinator_response(struct frame_reader *reader);

void write_heartbeat_request(struct frame_writer *writer, const struct classic_identity *identity,
                             uint32_t correlation);
/// Returns the error code, or -1 where the answer is malformed.
int read_heartbeat_response(struct frame_reader *reader);
/// The answer of a server that finds all well.
void write_heartbeat_response(struct frame_writer *writer, uint32_t correlation);

void write_leave_request(struct frame_writer *writer, const struct classic_identity *identity,
                         uint32_t correlation);
/// Returns the error code, or -1 where the answer is malformed.
int read_leave_response(struct frame_reader *reader);

/// A consumer of one topic.
void write_join_request(struct frame_writer *writer, const struct classic_identity *identity,
                        const char *topic, uint32_t correlation);

struct join_response {
    int error;
    int32_t generation;
    char member[LONGEST_MEMBER_ID + 1];
    int is_leader;
    /// The members follow in the frame; none where this one does not lead.
    uint32_t members;
};

/// Leaves the reader before the first of the members. Returns 0 where the answer is malformed.
int read_join_response(struct frame_reader *reader, struct join_response *response);

/// What is divided.
struct division {
    const char *topic;
    uint32_t partitions;
    /// Among so many; none for one who does not lead.
    uint32_t members;
};

/// Gives each of the members that the reader finds in the answer to a join its share of the partitions.
void write_sync_request(struct frame_writer *writer, const struct classic_identity *identity,
                        const struct division *division, struct frame_reader *members, uint32_t correlation);
/// Returns the error code, or -1 where the answer is malformed; and how many partitions were assigned.
int read_sync_response(struct frame_reader *reader, uint32_t *partitions);

#endif
