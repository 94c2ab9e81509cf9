#ifndef BENCHMARK_FAILURE_H
#define BENCHMARK_FAILURE_H

/// Says on standard error what failed, and ends the program with status 1.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// The same, followed by what the system says about `errno`.
_Noreturn void fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
