#include "log_file.h"

#include "failure.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void write_at(int descriptor, const void *bytes, size_t length, off_t offset) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t written = pwrite(descriptor, next, length, offset);
        if (written < 0) fail_errno("cannot write %zu bytes", length);
        next += written;
        offset += written;
        length -= (size_t)written;
    }
}

static void write_zeros(int descriptor, size_t length) {
    enum { STEP = 1 << 20 };
    char *zeros = calloc(1, STEP);
    if (zeros == NULL) fail("no memory for zeros");
    for (size_t done = 0; done < length; done += STEP) {
        write_at(descriptor, zeros, length - done < STEP ? length - done : STEP, (off_t)done);
    }
    free(zeros);
    if (fsync(descriptor) != 0) fail_errno("fsync");
}

struct log_file log_file_create(const char *directory, const char *name, struct write_policy policy) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        fail("the path is too long");
    int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) fail_errno("cannot create %s", path);
    if (policy.prewritten > 0) write_zeros(descriptor, policy.prewritten);
    return (struct log_file){.descriptor = descriptor, .policy = policy};
}

static void let_go(struct log_file *file) {
    off_t limit = file->written_back - (off_t)file->policy.window;
    off_t length = limit - file->dropped;
    if (length <= 0) return;
    unsigned flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (sync_file_range(file->descriptor, file->dropped, length, flags) != 0) fail_errno("write-back failed");
    posix_fadvise(file->descriptor, file->dropped, length, POSIX_FADV_DONTNEED);
    file->dropped = limit;
}

void log_file_append(struct log_file *file, const void *bytes, size_t length) {
    const struct write_policy *policy = &file->policy;
    if (policy->prewritten > 0 && file->end + (off_t)length > (off_t)policy->prewritten) {
        file->end = file->written_back = file->dropped = 0;
    }
    write_at(file->descriptor, bytes, length, file->end);
    file->end += (off_t)length;
    off_t waiting = file->end - file->written_back;
    if (policy->write_back == 0 || waiting < (off_t)policy->write_back) return;
    if (sync_file_range(file->descriptor, file->written_back, waiting, SYNC_FILE_RANGE_WRITE) != 0) {
        fail_errno("cannot start write-back");
    }
    file->written_back = file->end;
    let_go(file);
}

void log_file_sync(const struct log_file *file) {
    if (fdatasync(file->descriptor) != 0) fail_errno("fdatasync");
}
