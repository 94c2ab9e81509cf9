#include "crc32c.h"

#include "failure.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define WITH_CRC __attribute__((target("sse4.2")))
#define STEP64(crc, word) _mm_crc32_u64((crc), (word))
#define STEP8(crc, byte) _mm_crc32_u8((uint32_t)(crc), (byte))
#elif defined(__aarch64__)
#include <arm_acle.h>
#define WITH_CRC __attribute__((target("+crc")))
#define STEP64(crc, word) __crc32cd((uint32_t)(crc), (word))
#define STEP8(crc, byte) __crc32cb((uint32_t)(crc), (byte))
#else
#error "The floor needs a processor with a CRC-32C instruction."
#endif

// The instruction takes three cycles but one can start in each, so three lanes run side by side. Long lanes
// come first, short ones take most of what is left.
enum { LONG_LANE = 4096, SHORT_LANE = 256 };

static struct crc32c_shift long_shift, short_shift;

WITH_CRC void crc32c_prepare_shift(struct crc32c_shift *shift, size_t zeros) {
    uint32_t bits[32];
    for (int bit = 0; bit < 32; bit++) {
        uint64_t crc = 1u << bit;
        size_t left = zeros;
        for (; left >= 8; left -= 8) crc = STEP64(crc, 0);
        for (; left > 0; left--) crc = STEP8(crc, 0);
        bits[bit] = (uint32_t)crc;
    }
    for (int byte = 0; byte < 4; byte++) {
        for (int value = 0; value < 256; value++) {
            uint32_t sum = 0;
            for (int bit = 0; bit < 8; bit++) {
                if (value >> bit & 1) sum ^= bits[byte * 8 + bit];
            }
            shift->table[byte][value] = sum;
        }
    }
}

__attribute__((constructor)) static void prepare_shifts(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse4.2")) fail("this processor has no CRC-32C instruction");
#endif
    crc32c_prepare_shift(&long_shift, LONG_LANE);
    crc32c_prepare_shift(&short_shift, SHORT_LANE);
}

static inline uint32_t shifted(const struct crc32c_shift *shift, uint32_t crc) {
    return shift->table[0][crc & 0xff] ^ shift->table[1][crc >> 8 & 0xff] ^
           shift->table[2][crc >> 16 & 0xff] ^ shift->table[3][crc >> 24];
}

uint32_t crc32c_shifted(const struct crc32c_shift *shift, uint32_t crc) {
    return shifted(shift, crc);
}

static inline uint64_t word_at(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

WITH_CRC static inline uint32_t three_lanes(uint32_t crc, const uint8_t *bytes, size_t lane,
                                            const struct crc32c_shift *shift) {
    uint64_t first = crc, second = 0, third = 0;
    for (size_t i = 0; i < lane; i += 8) {
        first = STEP64(first, word_at(bytes + i));
        second = STEP64(second, word_at(bytes + lane + i));
        third = STEP64(third, word_at(bytes + 2 * lane + i));
    }
    uint32_t joined = shifted(shift, (uint32_t)first) ^ (uint32_t)second;
    return shifted(shift, joined) ^ (uint32_t)third;
}

WITH_CRC uint32_t crc32c(const void *data, size_t length) {
    const uint8_t *bytes = data;
    uint32_t crc = 0xffffffff;
    for (; length >= 3 * LONG_LANE; bytes += 3 * LONG_LANE, length -= 3 * LONG_LANE) {
        crc = three_lanes(crc, bytes, LONG_LANE, &long_shift);
    }
    for (; length >= 3 * SHORT_LANE; bytes += 3 * SHORT_LANE, length -= 3 * SHORT_LANE) {
        crc = three_lanes(crc, bytes, SHORT_LANE, &short_shift);
    }
    for (; length >= 8; bytes += 8, length -= 8) crc = (uint32_t)STEP64(crc, word_at(bytes));
    for (; length > 0; bytes++, length--) crc = STEP8(crc, *bytes);
    return ~crc;
}

uint32_t crc32c_by_definition(const void *data, size_t length) {
    const uint8_t *bytes = data;
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}
