#include "CCRC32C.h"

uint32_t martlet_crc32c(uint32_t previous, const void *data, size_t length) {
    const uint8_t *bytes = data;
    uint32_t crc = ~previous;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & -(crc & 1));
    }
    return ~crc;
}
