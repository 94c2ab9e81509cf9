#include "group_commit.h"

#include "failure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct file_commit {
    const struct log_file *file;
    /// Answers for the next sync, and for the one in flight.
    struct answer *waiting;
    struct answer *covered;
    int in_flight;
    /// Tells the thread to begin.
    int start;
    /// Set by the thread when it is through, before it says so on `all_ended`.
    atomic_bool ended;
    int all_ended;
};

static void signal_event(int event) {
    uint64_t one = 1;
    if (write(event, &one, sizeof one) != sizeof one) fail_errno("eventfd");
}

static void take_event(int event) {
    uint64_t count;
    if (read(event, &count, sizeof count) != sizeof count) fail_errno("eventfd");
}

static void *sync_again_and_again(void *context) {
    struct file_commit *commit = context;
    for (;;) {
        take_event(commit->start);
        log_file_sync(commit->file);
        atomic_store(&commit->ended, 1);
        signal_event(commit->all_ended);
    }
    return NULL;
}

void group_commit_start(struct group_commit *group, const struct log_file *files, size_t count) {
    *group = (struct group_commit){
        .commits = calloc(count, sizeof *group->commits),
        .count = count,
        .ended = eventfd(0, EFD_CLOEXEC),
    };
    if (group->commits == NULL) fail("no memory for %zu files", count);
    for (size_t i = 0; i < count; i++) {
        struct file_commit *commit = &group->commits[i];
        commit->file = &files[i];
        commit->start = eventfd(0, EFD_CLOEXEC);
        commit->all_ended = group->ended;
        if (commit->start < 0 || group->ended < 0) fail_errno("eventfd");
        pthread_t thread;
        if (pthread_create(&thread, NULL, sync_again_and_again, commit) != 0) fail("cannot start a thread");
    }
}

void group_commit_hold(struct group_commit *group, struct answer *answer, size_t file) {
    struct file_commit *commit = &group->commits[file];
    answer->held = 1;
    answer->next_held = commit->waiting;
    commit->waiting = answer;
}

static void begin(struct file_commit *commit) {
    if (commit->in_flight || commit->waiting == NULL) return;
    commit->covered = commit->waiting;
    commit->waiting = NULL;
    commit->in_flight = 1;
    signal_event(commit->start);
}

void group_commit_begin(struct group_commit *group) {
    for (size_t i = 0; i < group->count; i++) begin(&group->commits[i]);
}

struct answer *group_commit_end(struct group_commit *group) {
    take_event(group->ended);
    struct answer *released = NULL;
    for (size_t i = 0; i < group->count; i++) {
        struct file_commit *commit = &group->commits[i];
        if (!atomic_exchange(&commit->ended, 0)) continue;
        commit->in_flight = 0;
        struct answer *last = commit->covered;
        while (last->next_held != NULL) last = last->next_held;
        last->next_held = released;
        released = commit->covered;
        begin(commit);
    }
    return released;
}
