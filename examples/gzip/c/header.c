// A gzip stream that comes in two pieces, as from a socket: its header with the extra field, and what it holds.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "zlib.h"

#define GZIP_ONLY 31        // 15 bits of window, and 16 for "with a gzip header"
#define MOST_OUT (1u << 16) // octets that one input may hold, inflated

static int feed(z_stream *stream, const uint8_t *piece, size_t size, uLong *sum) {
    static uint8_t out[4096];
    int answer = Z_OK;
    stream->next_in = (Bytef *)piece;
    stream->avail_in = (uInt)size;
    while (answer == Z_OK && stream->avail_in > 0 && stream->total_out <= MOST_OUT) {
        stream->next_out = out;
        stream->avail_out = sizeof out;
        answer = inflate(stream, Z_NO_FLUSH);
        *sum = crc32(*sum, out, (uInt)(sizeof out - stream->avail_out));
    }
    return answer;
}

// What `fuzzpair agree` compares: whether the stream was taken, and what was in it.
static void tell(const gz_header *header, uLong octets, uLong sum, int is_whole) {
    if (!is_whole || octets > MOST_OUT) {
        puts("fuzzpair: refused");
        return;
    }
    if (header->extra != Z_NULL) printf("extra %u\n", header->extra_len);
    printf("octets %lu\nsum x%08lx\nfuzzpair: accepted\n", octets, sum);
}

// The first octet says where the rest is cut in two, as on the Rust side: one corpus serves both.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const size_t rest = size > 0 ? size - 1 : 0;
    const size_t cut = size > 0 && data[0] < rest ? data[0] : rest;
    const uint8_t *pieces = size > 0 ? data + 1 : data;
    Bytef extra[16];
    gz_header header = {0};
    z_stream stream = {0};
    uLong sum = crc32(0, Z_NULL, 0);
    header.extra = extra;
    header.extra_max = sizeof extra;
    if (inflateInit2(&stream, GZIP_ONLY) != Z_OK) return 0;
    inflateGetHeader(&stream, &header);
    int answer = feed(&stream, pieces, cut, &sum);
    if (answer == Z_OK) answer = feed(&stream, pieces + cut, rest - cut, &sum);
    tell(&header, stream.total_out, sum, answer == Z_STREAM_END);
    inflateEnd(&stream);
    return 0;
}
