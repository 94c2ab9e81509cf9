#ifndef BENCHMARK_CRC32C_H
#define BENCHMARK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C of `length` bytes at `data`, with the processor's own instruction.
uint32_t crc32c(const void *data, size_t length);

/// CRC-32C by definition, bit by bit: what `crc32c` is checked against.
uint32_t crc32c_by_definition(const void *data, size_t length);

#endif
