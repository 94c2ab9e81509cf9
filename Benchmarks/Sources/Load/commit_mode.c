#include "asker.h"
#include "channel.h"
#include "clocks.h"
#include "failure.h"
#include "group_frames.h"
#include "modes.h"
#include "options.h"
#include "stopwatch.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t answer_timeout = 30000000000;

/// A consumer that commits again and again, each time when it knows that the commit before it is safe.
struct committer {
    struct channel *channel;
    char group[32];
    uint64_t offset;
};

struct commit_run {
    const char *topic;
    uint64_t ends_at;
    size_t in_flight;
    struct report *report;
};

static const struct api apis[] = {
    {OFFSET_COMMIT_KEY, OFFSET_COMMIT_VERSION},
    {FIND_COORDINATOR_KEY, FIND_COORDINATOR_VERSION},
    {HEARTBEAT_KEY, HEARTBEAT_VERSION},
};

static void commit(struct commit_run *run, struct committer *committer) {
    struct commit_request request = {
        .group = committer->group, .topic = run->topic, .offset = ++committer->offset};
    struct frame_writer writer = channel_begin(committer->channel, FRAME_ROOM);
    write_commit_request(&writer, &request, committer->channel->next_correlation);
    run->report->bytes += writer.length;
    run->in_flight++;
    channel_ask(committer->channel, &writer, committer);
}

static void take_answer(void *context, struct channel_answer *answer) {
    struct commit_run *run = context;
    int error = read_commit_response(&answer->body);
    if (error != 0) fail("OffsetCommit was answered with error code %d", error);
    run->in_flight--;
    run->report->requests++;
    histogram_add(&run->report->latency, answer->nanoseconds);
    if (monotonic_nanoseconds() < run->ends_at) commit(run, answer->owner);
}

/// One connection for each group, and one commit of one partition in flight on each.
void run_commit(int count, char **arguments) {
    static const char *const known[] = {"--address", "--topic",      "--groups",
                                        "--seconds", "--server-pid", NULL};
    struct options options = options_parse(count, arguments, known);
    const char *address = option_text(&options, "--address", NULL);
    size_t groups = option_number(&options, "--groups", 1);
    struct asker *asker = asker_connect(address);
    asker_require(asker, apis, sizeof apis / sizeof *apis);
    struct channels channels = channels_open(address, groups);
    struct committer *committers = calloc(groups, sizeof *committers);
    if (committers == NULL) fail("no memory for %zu groups", groups);
    for (size_t i = 0; i < groups; i++) {
        committers[i].channel = &channels.all[i];
        snprintf(committers[i].group, sizeof committers[i].group, "group-%04zu", i);
        asker_await_coordinator(asker, committers[i].group);
    }

    static struct report report;
    struct commit_run run = {.topic = option_text(&options, "--topic", "bench"), .report = &report};
    report.stopwatch = stopwatch_start((pid_t)option_number(&options, "--server-pid", 0));
    run.ends_at = monotonic_nanoseconds() + option_number(&options, "--seconds", 2) * 1000000000u;
    for (size_t i = 0; i < groups; i++) commit(&run, &committers[i]);
    while (run.in_flight > 0) {
        if (monotonic_nanoseconds() > run.ends_at + answer_timeout) fail("a commit is not answered");
        channels_wait(&channels, run.ends_at + answer_timeout, take_answer, &run);
    }
    stopwatch_stop(&report.stopwatch);
    report.records = report.requests;
    report_print(&report);
    free(committers);
}
