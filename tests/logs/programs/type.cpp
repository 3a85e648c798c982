// Access through the wrong type, for TypeSanitizer.
#include "cases.h"

struct First { int a; short b; };
struct Second { long a; };

__attribute__((noinline)) int as_int(const int *p) { return *p; }
CASE float_as_int() {
    auto *p = static_cast<float *>(std::malloc(4));
    *p = 1.5f;
    sink = as_int(reinterpret_cast<int *>(p));
}
CASE wrong_struct() {
    auto *p = new First{1, 2};
    reinterpret_cast<Second *>(p)->a = 3 + zero;
    sink = static_cast<unsigned char>(p->a);
}

#define C(name) {#name, name}
static const Case cases[] = {C(float_as_int), C(wrong_struct)};

int main(int, char **argv) { return run_case(cases, argv[1]); }
