#ifndef BENCHMARK_CRC32C_H
#define BENCHMARK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C of `length` bytes at `data`, with the processor's own instruction.
uint32_t crc32c(const void *data, size_t length);

/// CRC-32C by definition, bit by bit: what `crc32c` is checked against.
uint32_t crc32c_by_definition(const void *data, size_t length);

/// What a number of zero bytes does to a checksum, by the bytes of the checksum: it is linear, so four
/// look-ups do it.
struct crc32c_shift {
    uint32_t table[4][256];
};

void crc32c_prepare_shift(struct crc32c_shift *shift, size_t zeros);

/// Bytes whose beginning changes have a checksum that changes by the shifted difference of the checksums of
/// the two beginnings; `zeros` is the length of what follows them.
uint32_t crc32c_shifted(const struct crc32c_shift *shift, uint32_t crc);

#endif
