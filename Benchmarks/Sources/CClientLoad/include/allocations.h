#ifndef BENCHMARK_ALLOCATIONS_H
#define BENCHMARK_ALLOCATIONS_H

#include <stdint.h>

/// How often the process has asked for memory: calls of malloc, calloc, realloc and of what gives aligned
/// memory, from all threads and all libraries.
///
/// Whatever links this has an allocator in front of the C library's that counts, and does nothing else.
uint64_t allocation_count(void);

#endif
