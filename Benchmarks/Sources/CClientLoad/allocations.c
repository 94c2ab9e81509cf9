#include "allocations.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

// The C library's allocator under the names that stay when a program has one of its own.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { MOST_THREADS = 256, CACHE_LINE = 64 };

/// A counter for each thread, so that counting costs no traffic between processors. They outlive their
/// threads. More threads than there are counters share the last.
static struct {
    _Alignas(CACHE_LINE) _Atomic uint64_t count;
} counters[MOST_THREADS];
static _Atomic unsigned threads;
static __thread _Atomic uint64_t *own;

static _Atomic uint64_t *choose(void) {
    unsigned index = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed);
    return own = &counters[index < MOST_THREADS ? index : MOST_THREADS - 1].count;
}

static inline void count_one(void) {
    _Atomic uint64_t *counter = own != NULL ? own : choose();
    // Two steps instead of one that locks the bus: only the shared last counter can lose one.
    uint64_t count = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, count + 1, memory_order_relaxed);
}

uint64_t allocation_count(void) {
    uint64_t sum = 0;
    for (size_t i = 0; i < MOST_THREADS; i++) {
        sum += atomic_load_explicit(&counters[i].count, memory_order_relaxed);
    }
    return sum;
}

void *malloc(size_t size) {
    count_one();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count_one();
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count_one();
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count_one();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *result = memalign(alignment, size);
    if (result == NULL) return ENOMEM;
    *memory = result;
    return 0;
}
