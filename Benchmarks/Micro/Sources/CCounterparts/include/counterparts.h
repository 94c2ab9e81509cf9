#ifndef MICRO_COUNTERPARTS_H
#define MICRO_COUNTERPARTS_H

#include <stddef.h>
#include <stdint.h>

/// The codecs as a C program calls them that keeps its state between batches. Each returns how many bytes it
/// has written, and ends the program if it cannot.
size_t c_gzip_compress(const void *input, size_t count, void *output, size_t room);
size_t c_gzip_decompress(const void *input, size_t count, void *output, size_t room);
size_t c_snappy_compress(const void *input, size_t count, void *output, size_t room);
size_t c_snappy_decompress(const void *input, size_t count, void *output, size_t room);
size_t c_lz4_compress(const void *input, size_t count, void *output, size_t room);
size_t c_lz4_decompress(const void *input, size_t count, void *output, size_t room);
size_t c_zstd_compress(const void *input, size_t count, void *output, size_t room);
size_t c_zstd_decompress(const void *input, size_t count, void *output, size_t room);

/// Checks a batch of format 2 and writes offset and leader epoch into it, as the produce floor does.
void c_append_batch(void *batch, size_t count, int64_t offset, int32_t epoch);

/// Walks over uncompressed records; returns the sum of the lengths of their values.
int64_t c_walk_records(const void *records, size_t count);

/// Reads signed varints one after another; returns their sum.
int64_t c_read_varints(const void *bytes, size_t count);
/// Writes `count` signed varints; returns their bytes.
size_t c_write_varints(const int64_t *values, size_t count, void *output);

#endif
