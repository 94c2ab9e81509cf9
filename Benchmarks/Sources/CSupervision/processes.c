#include "supervision.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int supervision_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return -errno;
    return 0;
}

uint64_t supervision_processors(void) {
    cpu_set_t set;
    uint64_t processors = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    for (int i = 0; i < 64; i++) {
        if (CPU_ISSET(i, &set)) processors |= (uint64_t)1 << i;
    }
    return processors;
}

static void become(char *const *arguments, uint64_t processors, int output) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (processors != 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        for (int i = 0; i < 64; i++) {
            if (processors >> i & 1) CPU_SET(i, &set);
        }
        // A figure of a program that shares its processor with the other one would be wrong.
        if (sched_setaffinity(0, sizeof set, &set) != 0) {
            dprintf(output, "cannot run on processors %#lx: %s\n", processors, strerror(errno));
            _exit(126);
        }
    }
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(arguments[0], arguments);
    dprintf(STDERR_FILENO, "cannot start %s: %s\n", arguments[0], strerror(errno));
    _exit(127);
}

pid_t supervision_start(char *const *arguments, uint64_t processors, int output) {
    pid_t process = fork();
    if (process < 0) return -errno;
    if (process == 0) become(arguments, processors, output);
    return process;
}

int supervision_end_descriptor(pid_t process) {
    int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int supervision_signal_descriptor(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

uint64_t supervision_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

double supervision_cpu_seconds(pid_t process) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
