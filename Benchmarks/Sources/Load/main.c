#include "failure.h"
#include "modes.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

struct mode {
    const char *name;
    void (*run)(int count, char **arguments);
};

static const struct mode modes[] = {
    {"produce", run_produce},
    {"fetch", run_fetch},
    {"latency", run_latency},
    {"create-topic", run_create_topic},
    {"commit", run_commit},
    {"heartbeat", run_heartbeat},
    {"rebalance", run_rebalance},
    {"transact", run_transact},
};

int main(int count, char **arguments) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; count > 1 && i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, arguments[1]) == 0) {
            modes[i].run(count - 2, arguments + 2);
            return 0;
        }
    }
    fail("usage: martlet-load produce|fetch|latency|create-topic|commit|heartbeat|rebalance|"
         "transact --address HOST:PORT [--option value …]");
}
