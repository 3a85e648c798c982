// A gzip stream that comes in two pieces, as from a socket: its header with the extra field, and what it holds.
#include <stddef.h>
#include <stdint.h>

#include "zlib.h"

#define GZIP_ONLY 31        // 15 bits of window, and 16 for "with a gzip header"
#define MOST_OUT (1u << 16) // octets that are inflated of one input

static int feed(z_stream *stream, const uint8_t *piece, size_t size) {
    static uint8_t out[4096];
    int answer = Z_OK;
    stream->next_in = (Bytef *)piece;
    stream->avail_in = (uInt)size;
    while (answer == Z_OK && stream->avail_in > 0 && stream->total_out < MOST_OUT) {
        stream->next_out = out;
        stream->avail_out = sizeof out;
        answer = inflate(stream, Z_NO_FLUSH);
    }
    return answer;
}

// The first octet says where the rest is cut in two, as on the Rust side: one corpus serves both.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const size_t rest = size - 1;
    const size_t cut = data[0] < rest ? data[0] : rest;
    Bytef extra[16];
    gz_header header = {0};
    z_stream stream = {0};
    header.extra = extra;
    header.extra_max = sizeof extra;
    if (inflateInit2(&stream, GZIP_ONLY) != Z_OK) return 0;
    inflateGetHeader(&stream, &header);
    if (feed(&stream, data + 1, cut) == Z_OK) feed(&stream, data + 1 + cut, rest - cut);
    inflateEnd(&stream);
    return 0;
}
