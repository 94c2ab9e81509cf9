#include "CCRC32C.h"

#include <pthread.h>
#include <string.h>

// Slicing by 8: table[k][b] is the checksum of byte b with k zero bytes behind it, so that eight bytes cost
// eight independent look-ups instead of a chain.
static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static const uint32_t reflected_polynomial = 0x82F63B78u;

static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (reflected_polynomial & -(crc & 1));
        table[0][byte] = crc;
    }
    for (int zeros = 1; zeros < 8; zeros++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t crc = table[zeros - 1][byte];
            table[zeros][byte] = (crc >> 8) ^ table[0][crc & 0xFF];
        }
    }
}

static inline uint32_t load_little_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

uint32_t martlet_crc32c_portable(uint32_t previous, const void *data, size_t length) {
    pthread_once(&table_once, fill_table);
    const uint8_t *bytes = data;
    uint32_t crc = ~previous;
    while (length >= 8) {
        uint32_t low = crc ^ load_little_endian(bytes);
        uint32_t high = load_little_endian(bytes + 4);
        crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF]
            ^ table[4][low >> 24]
            ^ table[3][high & 0xFF] ^ table[2][high >> 8 & 0xFF] ^ table[1][high >> 16 & 0xFF]
            ^ table[0][high >> 24];
        bytes += 8;
        length -= 8;
    }
    while (length > 0) {
        crc = (crc >> 8) ^ table[0][(crc ^ *bytes) & 0xFF];
        bytes++;
        length--;
    }
    return ~crc;
}
