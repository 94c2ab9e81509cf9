#include "asker.h"
#include "clocks.h"
#include "crowd.h"
#include "failure.h"
#include "group_apis.h"
#include "modes.h"
#include "options.h"
#include "stopwatch.h"

#include <stdlib.h>

enum { MOST_ROUNDS = 100 };

static const uint64_t paced_timeout = 60000000000;

/// What one kind of change took, each time.
struct takings {
    double milliseconds[MOST_ROUNDS];
    double cpu_milliseconds[MOST_ROUNDS];
    size_t count;
};

struct rebalances {
    struct crowd *crowd;
    struct group *group;
    /// The member that comes and goes: the last.
    struct member *guest;
    pid_t server;
};

static void note(struct takings *takings, const struct stopwatch *stopwatch) {
    takings->milliseconds[takings->count] = stopwatch->seconds * 1e3;
    takings->cpu_milliseconds[takings->count++] = stopwatch->server_cpu * 1e3;
}

static int is_larger(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count) {
    if (count == 0) return 0;
    qsort(values, count, sizeof *values, is_larger);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/// The guest comes or goes, and all are asked for until they are settled.
static void change(struct rebalances *run, void (*guest_acts)(struct member *), struct takings *takings) {
    int32_t wanted = run->group->newest + 1;
    struct stopwatch stopwatch = stopwatch_start(run->server);
    guest_acts(run->guest);
    crowd_settle(run->crowd, run->group, wanted);
    stopwatch_stop(&stopwatch);
    note(takings, &stopwatch);
}

/// The same while each shows that it lives once in an interval, and goes on at once when it is told
/// something.
static double change_paced(struct rebalances *run, void (*guest_acts)(struct member *)) {
    struct crowd *crowd = run->crowd;
    uint64_t count = crowd->group_size;
    // The guest's own time: when it joins, its next heartbeat is a whole interval later.
    while (crowd->paced == 0 || crowd->paced % count != count - 1) crowd_pace(crowd);
    int32_t wanted = run->group->newest + 1;
    uint64_t start = monotonic_nanoseconds();
    guest_acts(run->guest);
    while (!group_is_settled(run->group, crowd, wanted)) {
        crowd_pace(crowd);
        if (monotonic_nanoseconds() - start > paced_timeout) fail("%s is not settled", run->group->name);
    }
    return (double)(monotonic_nanoseconds() - start) / 1e6;
}

/// How long a large group takes to form, and to go on when a member leaves or joins.
void run_rebalance(int count, char **arguments) {
    static const char *const known[] = {"--address", "--topic",  "--partitions",  "--protocol",
                                        "--members", "--rounds", "--interval-ms", "--server-pid", NULL};
    struct options options = options_parse(count, arguments, known);
    const char *address = option_text(&options, "--address", NULL);
    uint32_t members = (uint32_t)option_number(&options, "--members", 1000);
    uint64_t rounds = option_number(&options, "--rounds", 5);
    if (rounds > MOST_ROUNDS) fail("--rounds is at most %d", MOST_ROUNDS);
    struct crowd *crowd = crowd_make(address, protocol_named(option_text(&options, "--protocol", "consumer")),
                                     members, 1, members);
    crowd->topic = option_text(&options, "--topic", "bench");
    crowd->partitions = (uint32_t)option_number(&options, "--partitions", 1000);
    await_groups(asker_connect(address), crowd);

    static struct report report;
    static struct takings forming, leaving, joining;
    struct rebalances run = {
        .crowd = crowd,
        .group = &crowd->groups[0],
        .guest = &crowd->members[members - 1],
        .server = (pid_t)option_number(&options, "--server-pid", 0),
    };
    crowd->latency = &report.latency;
    report.stopwatch = stopwatch_start(run.server);
    for (uint32_t i = 0; i < members; i++) member_join(&crowd->members[i]);
    crowd_settle(crowd, run.group, 1);
    struct stopwatch formed = report.stopwatch;
    stopwatch_stop(&formed);
    note(&forming, &formed);
    for (uint64_t round = 0; round < rounds; round++) {
        change(&run, member_leave, &leaving);
        change(&run, member_join, &joining);
    }
    stopwatch_stop(&report.stopwatch);
    report.requests = report.records = crowd->beats;
    report_add(&report, "form_ms", forming.milliseconds[0]);
    report_add(&report, "form_cpu_ms", forming.cpu_milliseconds[0]);
    report_add(&report, "leave_ms", median(leaving.milliseconds, leaving.count));
    report_add(&report, "leave_cpu_ms", median(leaving.cpu_milliseconds, leaving.count));
    report_add(&report, "join_ms", median(joining.milliseconds, joining.count));
    report_add(&report, "join_cpu_ms", median(joining.cpu_milliseconds, joining.count));

    uint64_t interval = option_number(&options, "--interval-ms", 5000);
    if (interval > 0) {
        crowd_start_pace(crowd, interval * 1000000u);
        report_add(&report, "paced_leave_ms", change_paced(&run, member_leave));
        report_add(&report, "paced_join_ms", change_paced(&run, member_join));
    }
    report_print(&report);
}
