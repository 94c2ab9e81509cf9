#ifndef MARTLET_CCRC32C_H
#define MARTLET_CCRC32C_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C of `length` bytes at `data`, continuing from `previous` (0 at the start).
uint32_t martlet_crc32c(uint32_t previous, const void *data, size_t length);

#endif
