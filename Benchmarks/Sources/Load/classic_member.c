#include "crowd.h"
#include "failure.h"

#include <string.h>

enum {
    /// What a leader says of a member: its id, and its partitions.
    SYNC_ROOM_PER_MEMBER = 256,
    SYNC_ROOM_PER_PARTITION = 4,
};

static struct classic_identity identity_of(const struct member *member) {
    return (struct classic_identity){
        .group = member->group->name, .member = member->id, .generation = member->epoch};
}

static void join(struct member *member) {
    struct classic_identity identity = identity_of(member);
    struct frame_writer writer = channel_begin(member->channel, FRAME_ROOM);
    write_join_request(&writer, &identity, member->crowd->topic, member->channel->next_correlation);
    member->api = JOIN_GROUP_KEY;
    // Who has no name yet is given one at once.
    member_ask(member, &writer, member->id[0] == 0 ? ASKS_SOMETHING : ASKS_HELD_JOIN);
}

/// Its partitions are no longer its own.
static void join_again(struct member *member) {
    member->state = MEMBER_JOINING;
    member->partitions = 0;
    member->group->told++;
    join(member);
}

static void beat(struct member *member) {
    struct classic_identity identity = identity_of(member);
    struct frame_writer writer = channel_begin(member->channel, FRAME_ROOM);
    write_heartbeat_request(&writer, &identity, member->channel->next_correlation);
    member->api = HEARTBEAT_KEY;
    member_ask(member, &writer, ASKS_BEAT);
}

static void leave(struct member *member) {
    struct classic_identity identity = identity_of(member);
    struct frame_writer writer = channel_begin(member->channel, FRAME_ROOM);
    write_leave_request(&writer, &identity, member->channel->next_correlation);
    member->api = LEAVE_GROUP_KEY;
    member_ask(member, &writer, ASKS_SOMETHING);
}

static void sync_with(struct member *member, const struct join_response *joined,
                      struct frame_reader *members) {
    struct classic_identity identity = identity_of(member);
    struct division division = {
        .topic = member->crowd->topic,
        .partitions = member->crowd->partitions,
        .members = joined->is_leader ? joined->members : 0,
    };
    size_t room = FRAME_ROOM + (size_t)division.members * SYNC_ROOM_PER_MEMBER +
                  (size_t)division.partitions * SYNC_ROOM_PER_PARTITION;
    struct frame_writer writer = channel_begin(member->channel, room);
    write_sync_request(&writer, &identity, &division, members, member->channel->next_correlation);
    if (members->failed) fail("a malformed answer to JoinGroup");
    member->api = SYNC_GROUP_KEY;
    member_ask(member, &writer, ASKS_SOMETHING);
}

static void take_join(struct member *member, struct frame_reader *answer) {
    struct join_response joined;
    if (!read_join_response(answer, &joined)) fail("a malformed answer to JoinGroup");
    int may_try_again =
        joined.error == ERROR_MEMBER_ID_REQUIRED || joined.error == ERROR_REBALANCE_IN_PROGRESS;
    if (joined.error != 0 && !may_try_again) fail("JoinGroup was answered with error code %d", joined.error);
    memcpy(member->id, joined.member, sizeof member->id);
    if (joined.error != 0) {
        join(member);
    } else {
        member->epoch = joined.generation;
        sync_with(member, &joined, answer);
    }
}

static void take_sync(struct member *member, struct frame_reader *answer) {
    uint32_t partitions;
    int error = read_sync_response(answer, &partitions);
    if (error == ERROR_REBALANCE_IN_PROGRESS) return join_again(member);
    if (error != 0) fail("SyncGroup was answered with error code %d", error);
    member->partitions = partitions;
    member->state = MEMBER_IN;
}

static void take_beat(struct member *member, struct frame_reader *answer) {
    int error = read_heartbeat_response(answer);
    if (error == ERROR_REBALANCE_IN_PROGRESS) return join_again(member);
    if (error != 0) fail("Heartbeat was answered with error code %d", error);
}

static void take_leave(struct member *member, struct frame_reader *answer) {
    int error = read_leave_response(answer);
    if (error != 0) fail("LeaveGroup was answered with error code %d", error);
    member->state = MEMBER_OUT;
    member->id[0] = 0;
    member->epoch = -1;
}

static void take(struct member *member, struct frame_reader *answer) {
    switch (member->api) {
    case JOIN_GROUP_KEY: return take_join(member, answer);
    case SYNC_GROUP_KEY: return take_sync(member, answer);
    case HEARTBEAT_KEY: return take_beat(member, answer);
    default: return take_leave(member, answer);
    }
}

static int has_news(const struct member *member) {
    (void)member;
    return 1;
}

const struct protocol classic_protocol = {
    .name = "classic", .join = join, .beat = beat, .leave = leave, .take = take, .has_news = has_news};
