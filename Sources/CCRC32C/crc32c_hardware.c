#include "crc32c_hardware.h"

#include <string.h>

// The instruction takes eight bytes per cycle but answers only after three, so one stream runs at a third
// of the speed. Hence three streams over adjacent blocks, joined by multiplying the earlier ones with
// x^(bits behind them) modulo the polynomial: a carry-less product of two 32-bit values, reduced by the
// same instruction.
//
// Bits are reflected: the product of two reflected 32-bit polynomials stands one bit too low in 64, and
// reducing multiplies by x^32. So the constant for n bits is x^(n - 33).

#if defined(__x86_64__)

#include <cpuid.h>
#include <nmmintrin.h>
#include <wmmintrin.h>

#define HARDWARE __attribute__((target("sse4.2,pclmul")))

const char *const martlet_crc32c_hardware_name = "sse4.2";

bool martlet_crc32c_has_hardware(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2) && (c & bit_PCLMUL);
}

HARDWARE static inline uint64_t add8(uint64_t crc, uint64_t bytes) { return _mm_crc32_u64(crc, bytes); }
HARDWARE static inline uint64_t add1(uint64_t crc, uint8_t byte) { return _mm_crc32_u8((uint32_t)crc, byte); }

HARDWARE static inline uint64_t multiply(uint64_t crc, uint32_t constant) {
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc), _mm_cvtsi32_si128((int)constant), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

#elif defined(__aarch64__) && defined(__AARCH64EL__)

#include <arm_acle.h>
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#define HARDWARE __attribute__((target("crc,aes")))

const char *const martlet_crc32c_hardware_name = "armv8";

bool martlet_crc32c_has_hardware(void) {
#if defined(__ARM_FEATURE_CRC32) && defined(__ARM_FEATURE_AES)
    return true;
#elif defined(__linux__)
    const unsigned long pmull = 1ul << 4, crc32 = 1ul << 7;
    return (getauxval(AT_HWCAP) & (pmull | crc32)) == (pmull | crc32);
#else
    return false;
#endif
}

HARDWARE static inline uint64_t add8(uint64_t crc, uint64_t bytes) { return __crc32cd((uint32_t)crc, bytes); }
HARDWARE static inline uint64_t add1(uint64_t crc, uint8_t byte) { return __crc32cb((uint32_t)crc, byte); }

HARDWARE static inline uint64_t multiply(uint64_t crc, uint32_t constant) {
    return (uint64_t)vgetq_lane_u64(vreinterpretq_u64_p128(vmull_p64((poly64_t)crc, (poly64_t)constant)), 0);
}

#endif

#if defined(HARDWARE)

// Bytes of a stream's block. Where a block is a page, each stream is one for the prefetcher, which looks no
// further than a page: of memory that no cache holds, blocks of 1 KiB took half as long again. Shorter ones
// serve small batches, and spread the cost of joining as well as they can.
enum { LONG_BLOCK = 4096, MIDDLE_BLOCK = 1024, SHORT_BLOCK = 128 };

typedef struct {
    uint32_t one_block;
    uint32_t two_blocks;
} shift;

static const shift long_shift = {0x82F89C77u, 0x54A86326u};
static const shift middle_shift = {0x170076FAu, 0xA51B6135u};
static const shift short_shift = {0x0D3B6092u, 0xB9E02B86u};

HARDWARE static inline uint64_t load(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

HARDWARE static inline __attribute__((always_inline)) uint64_t
add_three_blocks(uint64_t crc, const uint8_t *bytes, size_t block, shift by) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < block; i += 8) {
        crc = add8(crc, load(bytes + i));
        second = add8(second, load(bytes + block + i));
        third = add8(third, load(bytes + 2 * block + i));
    }
    return add8(0, multiply(crc, by.two_blocks) ^ multiply(second, by.one_block)) ^ third;
}

HARDWARE uint32_t martlet_crc32c_hardware(uint32_t previous, const void *data, size_t length) {
    const uint8_t *bytes = data;
    uint64_t crc = (uint32_t)~previous;
    while (length >= 3 * LONG_BLOCK) {
        crc = add_three_blocks(crc, bytes, LONG_BLOCK, long_shift);
        bytes += 3 * LONG_BLOCK;
        length -= 3 * LONG_BLOCK;
    }
    while (length >= 3 * MIDDLE_BLOCK) {
        crc = add_three_blocks(crc, bytes, MIDDLE_BLOCK, middle_shift);
        bytes += 3 * MIDDLE_BLOCK;
        length -= 3 * MIDDLE_BLOCK;
    }
    while (length >= 3 * SHORT_BLOCK) {
        crc = add_three_blocks(crc, bytes, SHORT_BLOCK, short_shift);
        bytes += 3 * SHORT_BLOCK;
        length -= 3 * SHORT_BLOCK;
    }
    while (length >= 8) {
        crc = add8(crc, load(bytes));
        bytes += 8;
        length -= 8;
    }
    while (length > 0) {
        crc = add1(crc, *bytes);
        bytes++;
        length--;
    }
    return ~(uint32_t)crc;
}

#else

const char *const martlet_crc32c_hardware_name = "none";
bool martlet_crc32c_has_hardware(void) { return false; }
uint32_t martlet_crc32c_hardware(uint32_t previous, const void *data, size_t length) {
    (void)data;
    (void)length;
    return previous;
}

#endif
