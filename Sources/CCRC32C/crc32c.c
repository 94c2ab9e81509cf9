#include "CCRC32C.h"
#include "crc32c_hardware.h"

#include <stdatomic.h>

// Detected at the first call. Threads that race find the same answer, so no order is needed between them.
enum { UNKNOWN, HARDWARE, PORTABLE };
static atomic_int chosen = UNKNOWN;

static int choose(void) {
    int choice = martlet_crc32c_has_hardware() ? HARDWARE : PORTABLE;
    atomic_store_explicit(&chosen, choice, memory_order_relaxed);
    return choice;
}

static inline int choice(void) {
    int known = atomic_load_explicit(&chosen, memory_order_relaxed);
    return __builtin_expect(known != UNKNOWN, 1) ? known : choose();
}

uint32_t martlet_crc32c(uint32_t previous, const void *data, size_t length) {
    if (choice() == HARDWARE) return martlet_crc32c_hardware(previous, data, length);
    return martlet_crc32c_portable(previous, data, length);
}

const char *martlet_crc32c_implementation(void) {
    return choice() == HARDWARE ? martlet_crc32c_hardware_name : "portable";
}
