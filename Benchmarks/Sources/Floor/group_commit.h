#ifndef FLOOR_GROUP_COMMIT_H
#define FLOOR_GROUP_COMMIT_H

#include "log_file.h"
#include "server.h"

/// Holds answers until what they confirm is on the disk. A file has one sync in flight at a time, on a thread
/// of its own; all that is appended meanwhile rides on the next.
struct group_commit {
    struct file_commit *commits;
    size_t count;
    /// Can be read when a sync has ended.
    int ended;
};

/// Starts a thread for each file.
void group_commit_start(struct group_commit *group, const struct log_file *files, size_t count);

/// Holds an answer back until the file of this number has been synced.
void group_commit_hold(struct group_commit *group, struct answer *answer, size_t file);

/// Begins a sync of each file that somebody waits for, unless one is in flight.
void group_commit_begin(struct group_commit *group);

/// Called when `ended` can be read. Begins the next sync at once, and returns the answers that may go.
struct answer *group_commit_end(struct group_commit *group);

#endif
