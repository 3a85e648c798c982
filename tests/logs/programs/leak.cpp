// Leaks for the standalone LeakSanitizer.
#include "cases.h"
#include <memory>

CASE forgotten() {
    char *volatile p = static_cast<char *>(std::malloc(123));
    p = nullptr;
}
struct Node { std::shared_ptr<Node> next; char name[100]; };
CASE cycle() {
    auto a = std::make_shared<Node>(), b = std::make_shared<Node>();
    a->next = b;
    b->next = a;
}
CASE null_write() {
    int *volatile p = nullptr;
    *p = 1;
}

#define C(name) {#name, name}
static const Case cases[] = {C(forgotten), C(cycle), C(null_write)};

// The stack is overwritten so that no stale pointer on it hides the leak.
__attribute__((noinline)) void wipe() { volatile char pad[4096]; for (int i = 0; i < 4096; ++i) pad[i] = 0; }

int main(int, char **argv) { int r = run_case(cases, argv[1]); wipe(); return r; }
