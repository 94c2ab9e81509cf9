#ifndef FLOOR_LOG_FILE_H
#define FLOOR_LOG_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// How the page cache is kept small while a file is written.
struct write_policy {
    /// Write-back starts whenever this many bytes have been appended; 0 leaves it to the kernel.
    size_t write_back;
    /// Pages further than this behind the end are waited for and given back.
    size_t window;
    /// The file is written with zeros up to here before it is used, and then written over from its start
    /// again and again; 0 for a file that grows.
    size_t prewritten;
};

struct log_file {
    int descriptor;
    off_t end;
    off_t written_back;
    off_t dropped;
    struct write_policy policy;
};

/// Creates the file `directory/name`.
struct log_file log_file_create(const char *directory, const char *name, struct write_policy policy);

void log_file_append(struct log_file *file, const void *bytes, size_t length);

/// Waits until everything appended is on the disk.
void log_file_sync(const struct log_file *file);

#endif
