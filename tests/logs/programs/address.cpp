// Memory mistakes that AddressSanitizer names; one function each.
#include "cases.h"
#include <memory>
#include <string>
#include <string_view>
#include <vector>

static const unsigned char table[16] = {1, 2, 3};
static int *kept = nullptr;

CASE heap_over_read() {
    auto *p = new unsigned char[10];
    sink = p[10 + zero];
    delete[] p;
}
CASE heap_over_write() {
    auto *p = static_cast<unsigned char *>(std::malloc(12));
    std::memset(p, 1, 16 + zero);
    sink = p[0];
    std::free(p);
}
CASE heap_under_write() {
    auto *p = new int[4];
    p[-1 + zero] = 7;
    sink = p[0];
    delete[] p;
}
CASE stack_over_write() {
    volatile char buffer[64];
    buffer[64 + zero] = 1;
    sink = buffer[0];
}
CASE stack_over_read() {
    volatile long buffer[8] = {};
    sink = buffer[8 + zero];
}
CASE stack_under_read() {
    volatile short buffer[32] = {};
    sink = buffer[-1 + zero];
}
CASE alloca_over_write() {
    int n = 32 + zero;
    volatile char *p = static_cast<char *>(__builtin_alloca(n));
    p[n] = 1;
}
CASE global_over_read() { sink = table[16 + zero]; }
CASE string_copy() {
    char *p = static_cast<char *>(std::malloc(8));
    std::string text(20 + zero, 'x');
    std::strcpy(p, text.c_str());
    sink = p[0];
    std::free(p);
}
CASE unterminated() {
    char *p = static_cast<char *>(std::malloc(8));
    std::memset(p, 'x', 8);
    sink = static_cast<long long>(std::strlen(p));
    std::free(p);
}
CASE container_read() {
    std::vector<int> v;
    v.reserve(8);
    v.push_back(1);
    sink = v.data()[4 + zero];
}
CASE negative_size() {
    char from[16] = {}, to[16];
    std::memmove(to, from, -1l + zero);
    sink = to[0];
}
CASE overlapping_copy() {
    char *p = static_cast<char *>(std::calloc(1, 32));
    std::memcpy(p + 4 + zero, p, 16);
    sink = p[0];
    std::free(p);
}
CASE use_after_free_read() {
    int *p = new int(3);
    delete p;
    sink = *p;
}
CASE use_after_free_write() {
    auto *volatile p = static_cast<long *>(std::malloc(32));
    std::free(p);
    p[1 + zero] = 1;
}
CASE double_free() {
    char *p = static_cast<char *>(std::malloc(8));
    char *volatile q = p;
    std::free(p);
    std::free(q);
}
CASE free_of_stack() {
    char buffer[16] = {};
    char *volatile p = buffer;
    std::free(p);
}
CASE free_of_offset() {
    char *volatile p = static_cast<char *>(std::malloc(32));
    std::free(p + 8);
}
CASE malloc_delete() {
    int *volatile p = static_cast<int *>(std::malloc(4));
    delete p;
}
CASE array_delete() {
    int *volatile p = new int[4];
    delete p;
}
struct Small { int a = 1; };
struct Large : Small { int b[7] = {}; };
CASE sized_delete() {
    Small *volatile p = new Large;
    delete p;
}
CASE use_after_scope() {
    {
        int inner = zero;
        kept = &inner;
        sink = static_cast<unsigned char>(inner);
    }
    sink = *kept;
}
extern "C" __attribute__((noinline)) void keep_address() {
    int local[4] = {zero, 1, 2, 3};
    kept = local;
    sink = kept[1];
}
CASE use_after_return() {
    keep_address();
    sink = kept[0];
}
CASE view_of_temporary() {
    std::string_view view = std::string(40 + zero, 'x');
    sink = view[3];
}
CASE push_back_invalidates() {
    std::vector<int> v(4, 1);
    int &first = v[0];
    for (int i = 0; i < 100 + zero; ++i) v.push_back(i);
    sink = first;
}
struct Shape {
    virtual ~Shape() = default;
    virtual int area() { return 1; }
};
CASE virtual_call_on_freed() {
    Shape *volatile p = new Shape;
    delete p;
    sink = p->area();
}
CASE null_read() {
    int *volatile p = nullptr;
    sink = p[4];
}
CASE null_write() {
    int *volatile p = nullptr;
    *p = 3;
}
CASE wild_read() {
    auto *volatile p = reinterpret_cast<int *>(0x5bad00000000);
    sink = *p;
}
CASE wild_jump() {
    auto *volatile f = reinterpret_cast<void (*)()>(0x10);
    f();
}
CASE far_read() {
    auto *p = new unsigned char[16];
    sink = p[big];
    delete[] p;
}
__attribute__((noinline)) int deeper(int n) {
    volatile char pad[256];
    pad[n & 7] = 1;
    return zero ? n : deeper(n + 1) + pad[0];
}
CASE recursion() { sink = deeper(0); }
CASE division() { sink = 10 / zero; }
CASE huge_allocation() {
    volatile long n = big << 10;
    char *volatile p = static_cast<char *>(std::malloc(n));
    sink = p != nullptr;
}
CASE impossible_array() {
    volatile long n = big << 8;
    int *volatile p = new int[n];
    sink = p != nullptr;
}
CASE calloc_overflow() {
    volatile unsigned long n = ~0ul / 2;
    void *volatile p = std::calloc(n, 4);
    sink = p != nullptr;
}
CASE direct_leak() {
    char *volatile p = static_cast<char *>(std::malloc(48));
    p = nullptr;
}
CASE trap() { __builtin_trap(); }
CASE high_address() {
    auto *volatile p = reinterpret_cast<int *>(0xdeadbeefdeadbeef);
    sink = *p;
}
CASE null_call() {
    void (*volatile f)() = nullptr;
    f();
}
CASE underflowed_count() {
    volatile unsigned n = 0;
    auto *p = new unsigned char[16];
    for (unsigned i = 0; i <= n - 1; ++i) p[i] = 1;
    sink = p[0];
}
CASE freed_twice_in_loop() {
    char *parts[2] = {static_cast<char *>(std::malloc(4)), nullptr};
    parts[1] = parts[0];
    for (char *part : parts) std::free(part);
}
CASE misfitted_realloc() {
    char buffer[8] = {};
    char *volatile p = buffer;
    p = static_cast<char *>(std::realloc(p, 16));
    sink = p != nullptr;
}
CASE string_leak_and_indirect() {
    auto *volatile p = new std::vector<std::string>(2, std::string(50, 'x'));
    p = nullptr;
}
namespace dns {
template <typename T> struct Cursor {
    T *at;
    __attribute__((noinline)) T read(std::size_t i) const { return at[i]; }
};
}  // namespace dns
CASE template_method() {
    auto p = std::make_unique<unsigned char[]>(9);
    dns::Cursor<unsigned char> cursor{p.get()};
    sink = cursor.read(9 + zero);
}
CASE in_lambda() {
    auto p = std::make_unique<unsigned char[]>(9);
    auto read = [&p](int i) __attribute__((noinline)) { return p[i]; };
    sink = read(9 + zero);
}

#define C(name) {#name, name}
static const Case cases[] = {
    C(heap_over_read), C(heap_over_write), C(heap_under_write), C(stack_over_write), C(stack_over_read),
    C(stack_under_read), C(alloca_over_write), C(global_over_read), C(string_copy), C(unterminated),
    C(container_read), C(negative_size), C(overlapping_copy), C(use_after_free_read), C(use_after_free_write),
    C(double_free), C(free_of_stack), C(free_of_offset), C(malloc_delete), C(array_delete), C(sized_delete),
    C(use_after_scope), C(use_after_return), C(view_of_temporary), C(push_back_invalidates),
    C(virtual_call_on_freed), C(null_read), C(null_write), C(wild_read), C(wild_jump), C(far_read), C(recursion),
    C(division), C(huge_allocation), C(impossible_array), C(calloc_overflow), C(direct_leak), C(trap), C(high_address), C(null_call), C(underflowed_count), C(freed_twice_in_loop), C(misfitted_realloc),
    C(string_leak_and_indirect), C(template_method), C(in_lambda),
};

int main(int, char **argv) { return run_case(cases, argv[1]); }
