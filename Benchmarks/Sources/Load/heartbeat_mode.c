#include "asker.h"
#include "clocks.h"
#include "crowd.h"
#include "failure.h"
#include "group_apis.h"
#include "modes.h"
#include "options.h"
#include "stopwatch.h"

#include <string.h>

enum { WARM_MS = 1000 };

/// Has the groups form, one after the other.
static void form(struct crowd *crowd) {
    for (uint32_t g = 0; g < crowd->group_count; g++) {
        for (uint32_t m = 0; m < crowd->group_size; m++) {
            member_join(&crowd->members[g * crowd->group_size + m]);
        }
        crowd_settle(crowd, &crowd->groups[g], 1);
    }
}

/// Members of a server that knows nothing of groups. Their names are as long as others'.
static void pretend(struct crowd *crowd) {
    const char *id = crowd->protocol == &classic_protocol
                         ? "martlet-load-00000000-0000-4000-8000-000000000000"
                         : "member-000000000000000";
    for (uint32_t i = 0; i < crowd->group_count * crowd->group_size; i++) {
        member_pretend(&crowd->members[i], id);
    }
}

static void pace_for(struct crowd *crowd, uint64_t milliseconds) {
    uint64_t end = monotonic_nanoseconds() + milliseconds * 1000000u;
    while (monotonic_nanoseconds() < end) crowd_pace(crowd);
}

/// Members that do nothing but show that they live, each at its time.
void run_heartbeat(int count, char **arguments) {
    static const char *const known[] = {"--address",     "--topic",       "--partitions", "--protocol",
                                        "--groups",      "--members",     "--seconds",    "--interval-ms",
                                        "--connections", "--form",        "--server-pid", NULL};
    struct options options = options_parse(count, arguments, known);
    const char *address = option_text(&options, "--address", NULL);
    pid_t server = (pid_t)option_number(&options, "--server-pid", 0);
    struct crowd *crowd = crowd_make(
        address, protocol_named(option_text(&options, "--protocol", "consumer")),
        option_number(&options, "--connections", 100), (uint32_t)option_number(&options, "--groups", 100),
        (uint32_t)option_number(&options, "--members", 100));
    crowd->topic = option_text(&options, "--topic", "bench");
    crowd->partitions = (uint32_t)option_number(&options, "--partitions", 100);

    static struct report report;
    uint64_t resident = 0;
    if (option_number(&options, "--form", 1) > 0) {
        await_groups(asker_connect(address), crowd);
        resident = process_resident_bytes(server);
        report.stopwatch = stopwatch_start(server);
        form(crowd);
        stopwatch_stop(&report.stopwatch);
        report_add(&report, "form_seconds", report.stopwatch.seconds);
        report_add(&report, "form_cpu_seconds", report.stopwatch.server_cpu);
    } else {
        pretend(crowd);
    }

    crowd_start_pace(crowd, option_number(&options, "--interval-ms", 5000) * 1000000u);
    pace_for(crowd, WARM_MS);
    crowd->latency = &report.latency;
    crowd->late = crowd->beats = 0;
    report.stopwatch = stopwatch_start(server);
    pace_for(crowd, option_number(&options, "--seconds", 10) * 1000u);
    stopwatch_stop(&report.stopwatch);
    double members = (double)crowd->group_count * (double)crowd->group_size;
    report.requests = report.records = crowd->beats;
    report_add(&report, "late", (double)crowd->late);
    report_add(&report, "resident_bytes_before", (double)resident);
    report_add(&report, "resident_bytes_per_member",
               ((double)process_resident_bytes(server) - (double)resident) / members);
    report_print(&report);
}
