#include "failure.h"
#include "library.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#ifdef HAS_RDKAFKA

int main(int count, char **arguments) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *mode = count > 1 ? arguments[1] : "";
    int produces = strcmp(mode, "produce") == 0;
    if (!produces && strcmp(mode, "consume") != 0) {
        fail("usage: martlet-rdkafka-load produce|consume --address HOST:PORT [--option value …]");
    }
    struct client_work work = client_work_parse(count - 2, arguments + 2);
    rdkafka_load(work.library);
    if (produces) {
        run_produce(&work);
    } else {
        run_consume(&work);
    }
    return 0;
}

#else

int main(void) {
    fail("built without librdkafka: install librdkafka-dev and build the benchmarks again");
}

#endif
