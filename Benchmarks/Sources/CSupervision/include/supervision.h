#ifndef BENCHMARK_SUPERVISION_H
#define BENCHMARK_SUPERVISION_H

#include <stdint.h>
#include <sys/types.h>

/// What the runner needs of the system and Swift cannot say. Everything here returns a negative `errno` on
/// failure.

/// Makes a pipe that children do not inherit; its reading end does not block.
int supervision_pipe(int ends[2]);

/// A bit for each of the first 64 processors that this program may run on.
uint64_t supervision_processors(void);

/// Starts a program on the given processors (a bit for each, 0 for all) with both outputs going to `output`.
/// It is killed when the thread that started it ends. `arguments` ends with a null. Returns its process id.
pid_t supervision_start(char *const *arguments, uint64_t processors, int output);

/// A descriptor that becomes readable when the process has ended.
int supervision_end_descriptor(pid_t process);

/// Holds back the signals that ask the runner to stop, and returns a descriptor that becomes readable
/// instead.
int supervision_signal_descriptor(void);

/// Removes a directory with everything in it.
int supervision_remove(const char *directory);

/// Waits until the file system has written and freed what it still had to, so that the next run does not pay
/// for it.
int supervision_settle(const char *directory);

/// Takes what lies between the first and the last `kept` bytes of a file off the disk. The file keeps its
/// length, and has zeros there.
int supervision_make_sparse(const char *path, int64_t kept);

/// Has the page cache forget what is in a directory, as a machine has that was just started.
int supervision_forget(const char *directory);

/// Nanoseconds of a clock that never goes back.
uint64_t supervision_nanoseconds(void);

/// User and system time of a process with all its threads, in seconds; negative on failure.
double supervision_cpu_seconds(pid_t process);

/// A figure in kilobytes from `/proc/PID/status`, for instance of `VmRSS:`.
long supervision_memory(pid_t process, const char *field);

/// Has the count of the most resident memory begin anew (`VmHWM:`).
int supervision_reset_peak(pid_t process);

/// A thread, and how often it has slept and was woken again.
struct thread_wakeups {
    pid_t thread;
    long count;
};

/// The threads that a process has now. Returns how many there are, at most `capacity`, or a negative error
/// number.
int supervision_wakeups(pid_t process, struct thread_wakeups *threads, int capacity);

/// Bytes of the `.log` files below a directory that lie in the page cache.
int64_t supervision_cached_bytes(const char *directory);

/// How often the disk under a directory was told to make its writes durable, by whomever: once for each sync,
/// as long as not several are in flight. Fails where the file system lies on no disk.
long supervision_flushes(const char *directory);

/// Processor time that the whole machine has spent since it started, idle time aside, in seconds.
double supervision_machine_busy_seconds(void);

#endif
