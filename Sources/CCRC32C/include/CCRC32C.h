#ifndef MARTLET_CCRC32C_H
#define MARTLET_CCRC32C_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C of `length` bytes at `data`, continuing from `previous` (0 at the start). Uses the processor's
/// instruction where it has one.
uint32_t martlet_crc32c(uint32_t previous, const void *data, size_t length);

/// The same by tables alone, as on processors without the instruction.
uint32_t martlet_crc32c_portable(uint32_t previous, const void *data, size_t length);

/// What `martlet_crc32c` uses on this machine: "sse4.2", "armv8" or "portable".
const char *martlet_crc32c_implementation(void);

#endif
