#ifndef LOAD_CROWD_H
#define LOAD_CROWD_H

#include "channel.h"
#include "group_frames.h"
#include "histogram.h"

#include <stdint.h>

/// Members of groups that do at once what they are told to, and otherwise only what they are asked for.

enum member_state { MEMBER_OUT, MEMBER_JOINING, MEMBER_IN, MEMBER_LEAVING };

enum question_kind {
    ASKS_NOTHING,
    ASKS_SOMETHING,
    ASKS_BEAT,
    /// A join that is answered when all others have joined: nothing to wait for before they are told.
    ASKS_HELD_JOIN,
};

struct group {
    char name[32];
    /// Members that have joined or are about to, and how many of them agree on the newest epoch.
    uint32_t present;
    uint32_t at_newest;
    int32_t newest;
    /// Partitions that members have.
    uint32_t owned;
    /// How many were told to join again since something changed.
    uint32_t told;
};

struct member {
    struct crowd *crowd;
    struct group *group;
    struct channel *channel;
    char id[LONGEST_MEMBER_ID + 1];
    enum member_state state;
    enum question_kind asks;
    /// The API that was asked last, where the protocol has several.
    int16_t api;
    /// Generation or member epoch.
    int32_t epoch;
    uint32_t partitions;
    /// The partitions as they were assigned, to be confirmed as they came.
    uint8_t *assignment;
    size_t assignment_bytes;
    size_t assignment_room;
    int must_confirm;
};

/// How members talk. `take` handles the answer to what the member asked last, and goes on at once if there is
/// something to do.
struct protocol {
    const char *name;
    void (*join)(struct member *member);
    void (*beat)(struct member *member);
    void (*leave)(struct member *member);
    void (*take)(struct member *member, struct frame_reader *answer);
    /// Whether a member that shows that it lives would learn something.
    int (*has_news)(const struct member *member);
};

extern const struct protocol classic_protocol;
extern const struct protocol consumer_protocol;

/// The protocol of this name.
const struct protocol *protocol_named(const char *name);

struct crowd {
    const struct protocol *protocol;
    struct channels channels;
    struct group *groups;
    uint32_t group_count;
    /// Those of a group stand together.
    struct member *members;
    uint32_t group_size;
    const char *topic;
    uint32_t partitions;
    /// Questions that will be answered without anybody else doing something.
    uint32_t busy;
    uint64_t beats;
    /// Where the time of each heartbeat goes; null while they are not measured.
    struct histogram *latency;
    /// Heartbeats at their time: each member once in an interval, in turn.
    uint64_t interval;
    uint64_t paced_since;
    uint64_t paced;
    /// Those that were left out, as the one before was not answered yet.
    uint64_t late;
};

/// Makes groups whose members are still out. Member number n of each group is on connection n modulo the
/// number of connections.
struct crowd *crowd_make(const char *address, const struct protocol *protocol, size_t connections,
                         uint32_t groups, uint32_t group_size);

/// Sends a finished frame for a member.
void member_ask(struct member *member, const struct frame_writer *writer, enum question_kind kind);

void member_join(struct member *member);
void member_leave(struct member *member);

/// Has one who is out be a member that a server without groups cannot know.
void member_pretend(struct member *member, const char *id);

/// Whether all that are present have the newest epoch, `wanted` at least, and all partitions are theirs.
int group_is_settled(const struct group *group, const struct crowd *crowd, int32_t wanted);

/// Handles what comes until the given time, or until something has come.
void crowd_wait(struct crowd *crowd, uint64_t until);

/// Has members show that they live, as soon as it tells them something and no oftener, until the group is
/// settled. Ends the program where that takes too long.
void crowd_settle(struct crowd *crowd, struct group *group, int32_t wanted);

/// Begins heartbeats at their time.
void crowd_start_pace(struct crowd *crowd, uint64_t interval);

/// Sends the heartbeats that are due, and handles what comes until the next is.
void crowd_pace(struct crowd *crowd);

#endif
