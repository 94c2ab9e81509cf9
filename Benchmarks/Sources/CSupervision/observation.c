#include "supervision.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long field_of(const char *path, const char *field) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return -errno;
    char line[256];
    long value = -ENOENT;
    size_t length = strlen(field);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, field, length) == 0) value = strtol(line + length, NULL, 10);
    }
    fclose(file);
    return value;
}

long supervision_memory(pid_t process, const char *field) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    return field_of(path, field);
}

int supervision_reset_peak(pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", (int)process);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    int result = write(descriptor, "5", 1) == 1 ? 0 : -errno;
    close(descriptor);
    return result;
}

int supervision_wakeups(pid_t process, struct thread_wakeups *threads, int capacity) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *directory = opendir(path);
    if (directory == NULL) return -errno;
    int found = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL && found < capacity;
         entry = readdir(directory)) {
        if (entry->d_name[0] == '.') continue;
        char status[320];
        snprintf(status, sizeof status, "%s/%s/status", path, entry->d_name);
        long count = field_of(status, "voluntary_ctxt_switches:");
        // Negative for a thread that has just ended.
        if (count < 0) continue;
        threads[found++] = (struct thread_wakeups){.thread = atoi(entry->d_name), .count = count};
    }
    closedir(directory);
    return found;
}

/// `cachestat`, which C libraries do not have yet.
struct cache_range {
    uint64_t offset, length;
};
struct cache_counts {
    uint64_t cached, dirty, written_back, evicted, recently_evicted;
};
enum { CACHESTAT = 451 };

/// Pages of a file by looking at each of them, for kernels before 6.5.
static int64_t pages_by_looking(int descriptor, size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), count = (bytes + page - 1) / page;
    if (count == 0) return 0;
    void *map = mmap(NULL, bytes, PROT_NONE, MAP_SHARED, descriptor, 0);
    unsigned char *marks = malloc(count);
    int64_t found = map == MAP_FAILED || marks == NULL || mincore(map, bytes, marks) != 0 ? -1 : 0;
    for (size_t i = 0; found >= 0 && i < count; i++) found += marks[i] & 1;
    free(marks);
    if (map != MAP_FAILED) munmap(map, bytes);
    return found;
}

/// nftw has no place for a context; the runner has one thread.
static int64_t cached_pages;

static int count_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)place;
    size_t length = strlen(path);
    if (kind != FTW_F || length < 4 || strcmp(path + length - 4, ".log") != 0) return 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    struct cache_range range = {0, (uint64_t)status->st_size};
    struct cache_counts counts = {0};
    if (range.length > 0 && syscall(CACHESTAT, descriptor, &range, &counts, 0) == 0) {
        cached_pages += (int64_t)counts.cached;
    } else if (range.length > 0) {
        int64_t found = pages_by_looking(descriptor, (size_t)status->st_size);
        if (found > 0) cached_pages += found;
    }
    close(descriptor);
    return 0;
}

int64_t supervision_cached_bytes(const char *directory) {
    cached_pages = 0;
    // A file that goes away meanwhile is left out.
    if (nftw(directory, count_entry, 16, FTW_PHYS | FTW_MOUNT) != 0 && errno != ENOENT) return -errno;
    return cached_pages * sysconf(_SC_PAGESIZE);
}
