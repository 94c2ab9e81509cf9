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
    {"produce", run_produce}, {"fetch", run_fetch}, {"read", run_read},
    {"echo", run_echo},       {"sync", run_sync},   {"crc", run_crc},
};

int main(int count, char **arguments) {
    // Whoever started the benchmark takes its servers with it, even when killed.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; count > 1 && i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, arguments[1]) == 0) {
            modes[i].run(count - 2, arguments + 2);
            return 0;
        }
    }
    fail("usage: martlet-floor produce|fetch|read|echo|sync|crc [--option value …]");
}
