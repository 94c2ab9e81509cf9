#include "counterparts.h"

#include "failure.h"

#include <arpa/inet.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP_WINDOW = 15 + 16, SNAPPY_BLOCK = 64 << 10, SNAPPY_HEADER = 16 };

static const unsigned char snappy_magic[SNAPPY_HEADER] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                          0,    0,   0,   1,   0,   0,   0,   1};

static void set_up(z_stream *stream, const void *input, size_t count, void *output, size_t room) {
    stream->next_in = (Bytef *)input;
    stream->avail_in = (uInt)count;
    stream->next_out = output;
    stream->avail_out = (uInt)room;
}

size_t c_gzip_compress(const void *input, size_t count, void *output, size_t room) {
    static z_stream stream;
    static int is_open;
    int result = is_open ? deflateReset(&stream)
                         : deflateInit2(&stream, 6, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);
    is_open = 1;
    set_up(&stream, input, count, output, room);
    if (result != Z_OK || deflate(&stream, Z_FINISH) != Z_STREAM_END) fail("deflate failed");
    return room - stream.avail_out;
}

size_t c_gzip_decompress(const void *input, size_t count, void *output, size_t room) {
    static z_stream stream;
    static int is_open;
    int result = is_open ? inflateReset(&stream) : inflateInit2(&stream, GZIP_WINDOW);
    is_open = 1;
    set_up(&stream, input, count, output, room);
    if (result != Z_OK || inflate(&stream, Z_FINISH) != Z_STREAM_END) fail("inflate failed");
    return room - stream.avail_out;
}

// In blocks with a length before each, as clients send it.
size_t c_snappy_compress(const void *input, size_t count, void *output, size_t room) {
    const char *bytes = input;
    char *out = output;
    memcpy(out, snappy_magic, SNAPPY_HEADER);
    size_t written = SNAPPY_HEADER;
    for (size_t done = 0; done < count; done += SNAPPY_BLOCK) {
        size_t block = count - done < SNAPPY_BLOCK ? count - done : SNAPPY_BLOCK;
        size_t length = room - written - 4;
        if (snappy_compress(bytes + done, block, out + written + 4, &length) != SNAPPY_OK) {
            fail("snappy_compress failed");
        }
        uint32_t prefix = htonl((uint32_t)length);
        memcpy(out + written, &prefix, sizeof prefix);
        written += 4 + length;
    }
    return written;
}

size_t c_snappy_decompress(const void *input, size_t count, void *output, size_t room) {
    const char *bytes = input;
    char *out = output;
    size_t written = 0;
    for (size_t position = SNAPPY_HEADER; position < count;) {
        uint32_t prefix;
        memcpy(&prefix, bytes + position, sizeof prefix);
        size_t length = room - written;
        if (snappy_uncompress(bytes + position + 4, ntohl(prefix), out + written, &length) != SNAPPY_OK) {
            fail("snappy_uncompress failed");
        }
        position += 4 + ntohl(prefix);
        written += length;
    }
    return written;
}

size_t c_lz4_compress(const void *input, size_t count, void *output, size_t room) {
    LZ4F_preferences_t preferences = {
        .frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent}};
    size_t written = LZ4F_compressFrame(output, room, input, count, &preferences);
    if (LZ4F_isError(written)) fail("LZ4F_compressFrame failed");
    return written;
}

size_t c_lz4_decompress(const void *input, size_t count, void *output, size_t room) {
    static LZ4F_dctx *context;
    if (context == NULL && LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) {
        fail("LZ4F_createDecompressionContext failed");
    }
    size_t written = room, taken = count;
    if (LZ4F_decompress(context, output, &written, input, &taken, NULL) != 0) fail("LZ4F_decompress failed");
    return written;
}

size_t c_zstd_compress(const void *input, size_t count, void *output, size_t room) {
    static ZSTD_CCtx *context;
    if (context == NULL) context = ZSTD_createCCtx();
    size_t written = ZSTD_compressCCtx(context, output, room, input, count, 3);
    if (ZSTD_isError(written)) fail("ZSTD_compressCCtx failed");
    return written;
}

size_t c_zstd_decompress(const void *input, size_t count, void *output, size_t room) {
    static ZSTD_DCtx *context;
    if (context == NULL) context = ZSTD_createDCtx();
    size_t written = ZSTD_decompressDCtx(context, output, room, input, count);
    if (ZSTD_isError(written)) fail("ZSTD_decompressDCtx failed");
    return written;
}
