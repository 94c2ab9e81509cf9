#include "failure.h"
#include "modes.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct mode {
    const char *name;
    void (*run)(int count, char **arguments);
};

static const struct mode modes[] = {
    {"produce", run_produce},
    {"fetch", run_fetch},
    {"hold", run_hold},
    {"mixed", run_mixed},
    {"latency", run_latency},
    {"create-topic", run_create_topic},
    {"commit", run_commit},
    {"heartbeat", run_heartbeat},
    {"rebalance", run_rebalance},
    {"transact", run_transact},
};

/// As many connections as the system lets anybody have.
static void allow_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **arguments) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    allow_descriptors();
    for (size_t i = 0; count > 1 && i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, arguments[1]) == 0) {
            modes[i].run(count - 2, arguments + 2);
            return 0;
        }
    }
    fail("usage: martlet-load produce|fetch|mixed|hold|latency|create-topic|commit|heartbeat|rebalance|"
         "transact --address HOST:PORT [--option value …]");
}
