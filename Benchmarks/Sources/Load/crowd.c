#include "crowd.h"

#include "clocks.h"
#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t settle_timeout = 60000000000;

const struct protocol *protocol_named(const char *name) {
    if (strcmp(name, classic_protocol.name) == 0) return &classic_protocol;
    if (strcmp(name, consumer_protocol.name) == 0) return &consumer_protocol;
    fail("--protocol is classic or consumer, not %s", name);
}

struct crowd *crowd_make(const char *address, const struct protocol *protocol, size_t connections,
                         uint32_t groups, uint32_t group_size) {
    struct crowd *crowd = calloc(1, sizeof *crowd);
    struct group *all_groups = calloc(groups, sizeof *all_groups);
    struct member *members = calloc((size_t)groups * group_size, sizeof *members);
    if (crowd == NULL || all_groups == NULL || members == NULL) fail("no memory for %u groups", groups);
    *crowd = (struct crowd){
        .protocol = protocol,
        .channels = channels_open(address, connections),
        .groups = all_groups,
        .group_count = groups,
        .members = members,
        .group_size = group_size,
    };
    for (uint32_t g = 0; g < groups; g++) {
        snprintf(all_groups[g].name, sizeof all_groups[g].name, "group-%04u", g);
        for (uint32_t m = 0; m < group_size; m++) {
            struct member *member = &members[g * group_size + m];
            member->crowd = crowd;
            member->group = &all_groups[g];
            member->channel = &crowd->channels.all[m % connections];
        }
    }
    return crowd;
}

void member_ask(struct member *member, const struct frame_writer *writer, enum question_kind kind) {
    member->asks = kind;
    if (kind != ASKS_HELD_JOIN) member->crowd->busy++;
    if (kind == ASKS_BEAT) member->crowd->beats++;
    channel_ask(member->channel, writer, member);
}

void member_join(struct member *member) {
    member->state = MEMBER_JOINING;
    member->group->present++;
    member->group->told = 0;
    member->crowd->protocol->join(member);
}

static int is_at_newest(const struct member *member) {
    return member->state == MEMBER_IN && !member->must_confirm && member->epoch == member->group->newest;
}

void member_leave(struct member *member) {
    struct group *group = member->group;
    group->at_newest -= (uint32_t)is_at_newest(member);
    group->owned -= member->partitions;
    group->present--;
    group->told = 0;
    member->state = MEMBER_LEAVING;
    member->partitions = 0;
    member->must_confirm = 0;
    member->crowd->protocol->leave(member);
}

static void take_answer(void *context, struct channel_answer *answer) {
    struct crowd *crowd = context;
    struct member *member = answer->owner;
    struct group *group = member->group;
    if (member->asks != ASKS_HELD_JOIN) crowd->busy--;
    if (member->asks == ASKS_BEAT && crowd->latency != NULL) {
        histogram_add(crowd->latency, answer->nanoseconds);
    }
    member->asks = ASKS_NOTHING;
    // The member is counted anew, as the answer may change all of it.
    group->at_newest -= (uint32_t)is_at_newest(member);
    group->owned -= member->partitions;
    crowd->protocol->take(member, &answer->body);
    if (member->epoch > group->newest) {
        group->newest = member->epoch;
        group->at_newest = 0;
    }
    group->at_newest += (uint32_t)is_at_newest(member);
    group->owned += member->partitions;
}

void member_pretend(struct member *member, const char *id) {
    snprintf(member->id, sizeof member->id, "%s", id);
    member->state = MEMBER_IN;
    member->epoch = 1;
}

int group_is_settled(const struct group *group, const struct crowd *crowd, int32_t wanted) {
    return group->at_newest == group->present && group->newest >= wanted && group->owned == crowd->partitions;
}

void crowd_wait(struct crowd *crowd, uint64_t until) {
    channels_wait(&crowd->channels, until, take_answer, crowd);
}

static int may_beat(const struct member *member) {
    return member->state == MEMBER_IN && member->asks == ASKS_NOTHING;
}

/// Returns how many members asked.
static uint32_t beat_where(struct crowd *crowd, struct group *group, int news_only) {
    struct member *members = &crowd->members[(size_t)(group - crowd->groups) * crowd->group_size];
    uint32_t asked = 0;
    for (uint32_t i = 0; i < crowd->group_size; i++) {
        if (!may_beat(&members[i])) continue;
        if (news_only && !crowd->protocol->has_news(&members[i])) continue;
        crowd->protocol->beat(&members[i]);
        asked++;
        // Until one was told, the others would only ask in vain.
        if (crowd->protocol == &classic_protocol && group->told == 0) break;
    }
    return asked;
}

void crowd_settle(struct crowd *crowd, struct group *group, int32_t wanted) {
    uint64_t limit = monotonic_nanoseconds() + settle_timeout;
    while (!group_is_settled(group, crowd, wanted)) {
        if (crowd->busy == 0 && beat_where(crowd, group, 1) == 0) beat_where(crowd, group, 0);
        crowd_wait(crowd, limit);
        if (monotonic_nanoseconds() > limit) {
            fail("%s is not settled: %u of %u members at epoch %d, %u of %u partitions", group->name,
                 group->at_newest, group->present, group->newest, group->owned, crowd->partitions);
        }
    }
}

void crowd_start_pace(struct crowd *crowd, uint64_t interval) {
    crowd->interval = interval;
    crowd->paced_since = monotonic_nanoseconds();
    crowd->paced = crowd->late = 0;
}

void crowd_pace(struct crowd *crowd) {
    uint64_t count = (uint64_t)crowd->group_count * crowd->group_size, now = monotonic_nanoseconds();
    for (;;) {
        uint64_t due = crowd->paced_since + (uint64_t)((double)crowd->paced * (double)crowd->interval /
                                                       (double)count);
        if (due > now) {
            crowd_wait(crowd, due);
            return;
        }
        // Members of different groups follow each other, and so do connections.
        uint64_t turn = crowd->paced++ % count;
        struct member *member =
            &crowd->members[turn % crowd->group_count * crowd->group_size + turn / crowd->group_count];
        if (may_beat(member)) {
            crowd->protocol->beat(member);
        } else if (member->state == MEMBER_IN) {
            crowd->late++;
        }
    }
}
