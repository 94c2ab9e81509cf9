#include "batch.h"
#include "clocks.h"
#include "crc32c.h"
#include "failure.h"
#include "modes.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

static void check(const uint8_t *bytes, size_t length) {
    static const char digits[] = "123456789";
    if (crc32c(digits, 9) != 0xe3069283) fail("CRC-32C of the nine digits is wrong");
    // Every length around the ends of the lanes, at every alignment.
    for (size_t cut = 0; cut < 900 && cut < length; cut++) {
        size_t begin = cut % 8, many = cut < 800 ? cut : 13000 + cut * 17;
        if (begin + many > length) break;
        if (crc32c(bytes + begin, many) != crc32c_by_definition(bytes + begin, many)) {
            fail("CRC-32C of %zu bytes is wrong", many);
        }
    }
}

/// The speed of the checksum alone, over a batch that stays in the cache.
void run_crc(int count, char **arguments) {
    static const char *const known[] = {"--batch", "--bytes", NULL};
    struct options options = options_parse(count, arguments, known);
    struct batch batch = batch_build(option_number(&options, "--batch", 1 << 20), 1024);
    uint64_t rounds = option_number(&options, "--bytes", (uint64_t)8 << 30) / batch.length;
    check(batch.bytes, batch.length);

    double cpu = own_cpu_seconds();
    uint64_t start = monotonic_nanoseconds();
    uint32_t sum = 0;
    for (uint64_t i = 0; i < rounds; i++) sum ^= crc32c(batch.bytes, batch.length - (i & 7));
    double seconds = (double)(monotonic_nanoseconds() - start) / 1e9;
    cpu = own_cpu_seconds() - cpu;
    double bytes = (double)(rounds * batch.length);
    printf(
        "{\"bytes\":%.0f,\"seconds\":%.6f,\"mb_per_second\":%.1f,\"server_cpu_seconds\":%.6f,\"sum\":%u}\n",
        bytes, seconds, bytes / seconds / 1e6, cpu, sum);
    batch_free(&batch);
}
