// Undefined operations that UndefinedBehaviorSanitizer names, and the legal ones its extra checks flag.
#include "cases.h"

static volatile int highest = 2147483647;
static volatile int lowest = -2147483647 - 1;
static volatile unsigned one = 1;

CASE signed_add() { volatile int r = highest + 1; sink = r; }
CASE signed_multiply() { volatile int r = highest * 2; sink = r; }
CASE negate_lowest() { volatile int r = -lowest; sink = r; }
CASE divide_lowest() { volatile int minus = -1; volatile int r = lowest / minus; sink = r; }
CASE divide_by_zero() { volatile int r = 7 / zero; sink = r; }
CASE shift_too_far() { volatile int r = 1 << (33 + zero); sink = r; }
CASE shift_negative() { volatile int r = 1 << (zero - 1); sink = r; }
CASE index_past_array() {
    struct { volatile int a[4]; int b[8]; } s = {};
    sink = s.a[5 + zero];
}
CASE null_load() { int *volatile p = nullptr; sink = *p; }
struct Record { int a, b; __attribute__((noinline)) int get() { return b; } };
CASE null_member() { Record *volatile p = nullptr; sink = p->b; }
CASE null_call() { Record *volatile p = nullptr; sink = p->get(); }
CASE misaligned_load() {
    alignas(8) char bytes[16] = {};
    auto *volatile p = reinterpret_cast<int *>(bytes + 1);
    sink = *p;
}
CASE invalid_bool() {
    volatile unsigned char raw = 7;
    bool b;
    std::memcpy(&b, const_cast<unsigned char *>(&raw), 1);
    volatile int r = b;
    sink = r;
}
enum Kind { A, B, C3 };
CASE invalid_enum() {
    volatile int raw = 77;
    Kind k;
    std::memcpy(&k, const_cast<int *>(&raw), sizeof k);
    volatile int r = k;
    sink = r;
}
__attribute__((noinline)) int no_return(int n) { if (n > 0) return n; }
CASE missing_return() { sink = no_return(zero); }
CASE reached_unreachable() { if (zero == 0) __builtin_unreachable(); }
CASE array_bound() {
    int n = zero - 1;
    volatile char a[n];
    sink = a[0];
}
CASE float_to_int() { volatile double d = 1e30; volatile int r = static_cast<int>(d); sink = r; }
CASE truncated() { volatile int n = 300; volatile unsigned char r = n; sink = r; }
CASE sign_changed() { volatile int n = -5; volatile unsigned r = n; sink = r != 0; }
CASE unsigned_wrap() { volatile unsigned r = 0xffffffffu + one; sink = r; }
CASE unsigned_below_zero() { volatile unsigned r = zero - one; sink = r != 0; }
__attribute__((noinline)) void takes_long(long n) { sink = n != 0; }
CASE wrong_function_type() {
    auto *volatile f = reinterpret_cast<void (*)(int)>(takes_long);
    f(3);
}
struct Base { virtual ~Base() = default; int a = 1; };
struct Left : Base { int left = 2; };
struct Right : Base { int right = 3; __attribute__((noinline)) int get() { return right; } };
CASE bad_downcast() {
    Base *volatile p = new Left;
    sink = static_cast<Right *>(p)->get();
}
__attribute__((nonnull, noinline)) void wants_pointer(const char *p) { sink = p == nullptr; }
CASE null_argument() { const char *volatile p = nullptr; wants_pointer(p); }
CASE pointer_wraps() {
    char *volatile p = reinterpret_cast<char *>(16);
    volatile unsigned long n = ~0ul - 3;
    char *volatile q = p + n;
    sink = q != nullptr;
}
CASE offset_to_null() {
    char *volatile p = nullptr;
    char *volatile q = p + 4 + zero;
    sink = q != nullptr;
}
CASE zero_to_builtin() { sink = __builtin_clz(static_cast<unsigned>(zero)); }
// A plain crash: the runtime says "ERROR: UndefinedBehaviorSanitizer: SEGV", which is no finding of UBSan.
__attribute__((no_sanitize("undefined"), noinline)) void read_wild() {
    auto *volatile p = reinterpret_cast<int *>(0x5bad00000000);
    sink = *p;
}
CASE plain_crash() { read_wild(); }
CASE misaligned_store() {
    alignas(8) char bytes[16] = {};
    auto *volatile p = reinterpret_cast<long *>(bytes + 3);
    *p = 1;
}
CASE null_reference() {
    int *volatile p = nullptr;
    const int &r = *p;
    sink = &r != nullptr;
}
CASE zero_bits() { volatile double d = 0; volatile double r = 1 / d; sink = r > 0; }
CASE unsigned_truncated() { volatile unsigned n = 0x12345; volatile unsigned short r = n; sink = r; }
CASE two_findings() { signed_add(); shift_too_far(); }

#define C(name) {#name, name}
static const Case cases[] = {
    C(signed_add), C(signed_multiply), C(negate_lowest), C(divide_lowest), C(divide_by_zero), C(shift_too_far),
    C(shift_negative), C(index_past_array), C(null_load), C(null_member), C(null_call), C(misaligned_load),
    C(invalid_bool), C(invalid_enum), C(missing_return), C(reached_unreachable), C(array_bound), C(float_to_int),
    C(truncated), C(sign_changed), C(unsigned_wrap), C(unsigned_below_zero), C(wrong_function_type),
    C(bad_downcast), C(null_argument), C(pointer_wraps), C(offset_to_null), C(zero_to_builtin), C(plain_crash),
    C(two_findings), C(misaligned_store), C(null_reference), C(zero_bits),
    C(unsigned_truncated),
};

int main(int, char **argv) { return run_case(cases, argv[1]); }
