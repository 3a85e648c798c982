// A program holds many mistakes; its argument picks one, so that each log has one known cause.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define CASE extern "C" __attribute__((noinline)) void

struct Case {
    const char *name;
    void (*run)();
};

template <unsigned long N>
int run_case(const Case (&cases)[N], const char *name) {
    for (const Case &c : cases)
        if (std::strcmp(c.name, name) == 0) {
            c.run();
            return 0;
        }
    std::fprintf(stderr, "no such case: %s\n", name);
    return 2;
}

// Values the optimiser must not know, or it would remove the mistake.
inline volatile int zero = 0;
inline volatile long big = 1l << 40;
inline volatile long long sink = 0;
