// Reads of uninitialised memory, for MemorySanitizer with origins.
#include "cases.h"
#include <unistd.h>

struct Header { int flags, count; };

CASE heap_field() {
    auto *p = static_cast<Header *>(std::malloc(sizeof(Header)));
    p->flags = 1;
    if (p->count > zero) sink = 1;
    std::free(p);
}
CASE stack_value() {
    volatile int local[4];
    if (local[2 + zero]) sink = 2;
}
__attribute__((noinline)) int half(const int *p) { return p[1] / 2; }
CASE through_copy() {
    int from[2], to[2];
    from[0] = zero;
    std::memcpy(to, from, sizeof to);
    if (half(to) > 5) sink = 3;
}
CASE to_a_write() {
    char buffer[16];
    buffer[0] = 'x';
    sink = static_cast<unsigned char>(write(1, buffer, 8));
}
CASE after_delete() {
    int *volatile p = new int(4);
    delete p;
    if (*p == 4) sink = 4;
}
CASE impossible() {
    volatile long n = big << 8;
    char *volatile p = static_cast<char *>(std::malloc(n));
    sink = p != nullptr;
}
CASE null_write() {
    int *volatile p = nullptr;
    *p = 1;
}

#define C(name) {#name, name}
static const Case cases[] = {C(heap_field), C(stack_value), C(through_copy), C(to_a_write), C(after_delete),
                             C(null_write), C(impossible)};

int main(int, char **argv) { return run_case(cases, argv[1]); }
