#include "supervision.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

int supervision_remove(const char *directory) {
    return nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 ? 0 : -errno;
}

static int forget_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)place;
    if (kind != FTW_F) return 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    close(descriptor);
    return 0;
}

int supervision_forget(const char *directory) {
    int result = supervision_settle(directory);
    if (result != 0) return result;
    return nftw(directory, forget_entry, 16, FTW_PHYS | FTW_MOUNT) == 0 ? 0 : -errno;
}

int supervision_make_sparse(const char *path, int64_t kept) {
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    struct stat status;
    int result = fstat(descriptor, &status);
    int64_t length = result == 0 ? status.st_size - 2 * kept : 0;
    if (length > 0) {
        result = fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kept, length);
    }
    if (result != 0) result = -errno;
    close(descriptor);
    return result;
}

int supervision_settle(const char *directory) {
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    int result = syncfs(descriptor) == 0 ? 0 : -errno;
    close(descriptor);
    return result;
}

long supervision_flushes(const char *directory) {
    struct stat status;
    if (stat(directory, &status) != 0) return -errno;
    // Of a partition's disk: flushes are not counted for partitions.
    static const char *const forms[] = {"/sys/dev/block/%u:%u/../stat", "/sys/dev/block/%u:%u/stat"};
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof path, forms[i], major(status.st_dev), minor(status.st_dev));
        FILE *file = fopen(path, "re");
        if (file == NULL) continue;
        unsigned long value = 0;
        int fields = 0;
        while (fields < 16 && fscanf(file, "%lu", &value) == 1) fields++;
        fclose(file);
        if (fields == 16) return (long)value;
    }
    return -ENOENT;
}

double supervision_machine_busy_seconds(void) {
    unsigned long user, nice, system, idle, wait, interrupts, soft;
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL) return -errno;
    int fields = fscanf(file, "cpu %lu %lu %lu %lu %lu %lu %lu", &user, &nice, &system, &idle, &wait,
                        &interrupts, &soft);
    fclose(file);
    if (fields != 7) return -EINVAL;
    return (double)(user + nice + system + interrupts + soft) / (double)sysconf(_SC_CLK_TCK);
}
