#include "measuring.h"

#include <time.h>

int64_t thread_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void consume(int64_t value) {
    __asm__ volatile("" : : "r"(value) : "memory");
}

#if __has_include(<valgrind/callgrind.h>)

#include <valgrind/callgrind.h>

int is_counting(void) { return RUNNING_ON_VALGRIND != 0; }

void begin_counting(void) {
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
}

void end_counting(const char *name) {
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
}

#else

int is_counting(void) { return 0; }
void begin_counting(void) {}
void end_counting(const char *name) { (void)name; }

#endif
