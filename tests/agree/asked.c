/* A fuzz target as an engine's build would leave it, with counters of its own: an input's first octet says what it does. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((section("__sancov_cntrs"), used)) static volatile uint8_t edges[8];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char first = size > 0 ? (char)data[0] : ' ';
    edges[0]++;
    if (first == '!') abort();
    if (first == 'e') exit(0);
    if (first == 's') return 0;
    while (first == '~') edges[1]++;
    printf("octets %zu\n", size);
    for (int at = 0; first == 'l' && at < 30000; at++) printf("a line\n");
    if (first == 'r') {
        fputs("fuzzpair: refused\n", stderr);
    } else if (first != 'o') {
        puts("fuzzpair: accepted");
    }
    return 0;
}

int main(void) { return LLVMFuzzerTestOneInput(NULL, 0); }
