#include "consumer_frames.h"
#include "crowd.h"
#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ask(struct member *member, const struct consumer_heartbeat *heartbeat, enum question_kind kind) {
    struct frame_writer writer = channel_begin(member->channel, FRAME_ROOM + heartbeat->owned_bytes);
    write_consumer_heartbeat(&writer, heartbeat, member->channel->next_correlation);
    member_ask(member, &writer, kind);
}

static void join(struct member *member) {
    // As long as the ids that clients make.
    snprintf(member->id, sizeof member->id, "member-%015zu", (size_t)(member - member->crowd->members));
    member->epoch = EPOCH_OF_JOINING;
    struct consumer_heartbeat heartbeat = {
        .group = member->group->name, .member = member->id, .topic = member->crowd->topic};
    ask(member, &heartbeat, ASKS_SOMETHING);
}

static void beat(struct member *member) {
    struct consumer_heartbeat heartbeat = {
        .group = member->group->name, .member = member->id, .epoch = member->epoch};
    ask(member, &heartbeat, ASKS_BEAT);
}

static void confirm(struct member *member) {
    struct consumer_heartbeat heartbeat = {
        .group = member->group->name,
        .member = member->id,
        .epoch = member->epoch,
        .owned = member->assignment,
        .owned_bytes = member->assignment_bytes,
    };
    member->must_confirm = 1;
    ask(member, &heartbeat, ASKS_SOMETHING);
}

static void leave(struct member *member) {
    struct consumer_heartbeat heartbeat = {
        .group = member->group->name, .member = member->id, .epoch = EPOCH_OF_LEAVING};
    ask(member, &heartbeat, ASKS_SOMETHING);
}

static void keep_assignment(struct member *member, const struct consumer_heartbeat_response *response) {
    if (member->assignment_room < response->assignment_bytes) {
        uint8_t *assignment = realloc(member->assignment, response->assignment_bytes);
        if (assignment == NULL) fail("no memory for an assignment");
        member->assignment = assignment;
        member->assignment_room = response->assignment_bytes;
    }
    memcpy(member->assignment, response->assignment, response->assignment_bytes);
    member->assignment_bytes = response->assignment_bytes;
    member->partitions = response->partitions;
}

static void take(struct member *member, struct frame_reader *answer) {
    struct consumer_heartbeat_response response;
    if (!read_consumer_heartbeat_response(answer, &response)) {
        fail("a malformed answer to ConsumerGroupHeartbeat");
    }
    if (response.error != 0) fail("ConsumerGroupHeartbeat was answered with error code %d", response.error);
    if (member->state == MEMBER_LEAVING) {
        member->state = MEMBER_OUT;
        return;
    }
    member->state = MEMBER_IN;
    member->epoch = response.epoch;
    member->must_confirm = 0;
    if (response.assignment == NULL) return;
    keep_assignment(member, &response);
    confirm(member);
}

/// The newest epoch, or partitions that others had to give up first.
static int has_news(const struct member *member) {
    const struct group *group = member->group;
    return member->epoch < group->newest || member->partitions < member->crowd->partitions / group->present;
}

const struct protocol consumer_protocol = {
    .name = "consumer", .join = join, .beat = beat, .leave = leave, .take = take, .has_news = has_news};
