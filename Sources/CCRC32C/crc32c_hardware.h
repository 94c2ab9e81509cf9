#ifndef MARTLET_CRC32C_HARDWARE_H
#define MARTLET_CRC32C_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the instructions that `martlet_crc32c_hardware` is made of.
bool martlet_crc32c_has_hardware(void);

/// To be called only where `martlet_crc32c_has_hardware` says yes.
uint32_t martlet_crc32c_hardware(uint32_t previous, const void *data, size_t length);

extern const char *const martlet_crc32c_hardware_name;

#endif
