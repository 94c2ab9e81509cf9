#ifndef BENCHMARK_CLOCKS_H
#define BENCHMARK_CLOCKS_H

#include <stdint.h>
#include <sys/types.h>

/// Nanoseconds of a clock that never goes back.
uint64_t monotonic_nanoseconds(void);

/// Milliseconds since 1970, as in the timestamps of records.
int64_t wall_milliseconds(void);

/// User and system time of this process, in seconds.
double own_cpu_seconds(void);

/// User and system time of another process with all its threads, in seconds; 0 where `process` is 0.
double process_cpu_seconds(pid_t process);

/// Resident memory of another process, in bytes; 0 where `process` is 0.
uint64_t process_resident_bytes(pid_t process);

/// The part of it that is no file's: heap and stacks.
uint64_t process_anonymous_bytes(pid_t process);

#endif
