#include "group_apis.h"

#include "consumer_frames.h"

static const struct api classic_apis[] = {
    {FIND_COORDINATOR_KEY, FIND_COORDINATOR_VERSION},
    {JOIN_GROUP_KEY, JOIN_GROUP_VERSION},
    {SYNC_GROUP_KEY, SYNC_GROUP_VERSION},
    {HEARTBEAT_KEY, HEARTBEAT_VERSION},
    {LEAVE_GROUP_KEY, LEAVE_GROUP_VERSION},
};

static const struct api consumer_apis[] = {
    {FIND_COORDINATOR_KEY, FIND_COORDINATOR_VERSION},
    {HEARTBEAT_KEY, HEARTBEAT_VERSION},
    {CONSUMER_HEARTBEAT_KEY, CONSUMER_HEARTBEAT_VERSION},
};

void await_groups(struct asker *asker, const struct crowd *crowd) {
    if (crowd->protocol == &classic_protocol) {
        asker_require(asker, classic_apis, sizeof classic_apis / sizeof *classic_apis);
    } else {
        asker_require(asker, consumer_apis, sizeof consumer_apis / sizeof *consumer_apis);
    }
    for (uint32_t i = 0; i < crowd->group_count; i++) asker_await_coordinator(asker, crowd->groups[i].name);
}
