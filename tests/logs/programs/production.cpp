// What a build without any sanitizer says as it dies: glibc, FORTIFY, library checks, exceptions.
#include "cases.h"
#include <cassert>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

CASE double_free() {
    char *volatile p = static_cast<char *>(std::malloc(24));
    std::free(p);
    std::free(p);
}
CASE double_free_large() {
    char *volatile p = static_cast<char *>(std::malloc(3000));
    char *volatile guard = static_cast<char *>(std::malloc(3000));
    std::free(p);
    std::free(p);
    std::free(guard);
}
CASE free_of_stack() {
    char buffer[64] = {};
    char *volatile p = buffer + 16;
    std::free(p);
}
CASE free_of_offset() {
    char *volatile p = static_cast<char *>(std::malloc(64));
    std::free(p + 8);
}
CASE broken_top() {
    char *volatile p = static_cast<char *>(std::malloc(24));
    for (int i = 0; i < 16; ++i) p[24 + i] = 'x';
    char *volatile q = static_cast<char *>(std::malloc(4000));
    sink = *q;
}
CASE stack_smashed() {
    char buffer[16];
    char *volatile p = buffer;
    for (int i = 0; i < 64 + zero; ++i) p[i] = 'x';
    sink = buffer[3];
}
CASE fortified_copy() {
    char buffer[8];
    std::string text(20 + zero, 'x');
    std::strcpy(buffer, text.c_str());
    sink = buffer[0];
}
CASE vector_index() {
    std::vector<int> v(3);
    sink = v[7 + zero];
}
CASE span_index() {
    int a[3] = {};
    std::span<int> s(a);
    sink = s[3 + zero];
}
CASE view_index() {
    std::string_view v("abc");
    sink = v[9 + zero];
}
CASE empty_optional() {
    std::optional<int> none;
    if (zero) none = 1;
    sink = *none;
}
CASE null_unique() {
    std::unique_ptr<int> p;
    sink = *p;
}
CASE front_of_empty() {
    std::vector<int> v;
    sink = v.front();
}
CASE stale_iterator() {
    std::vector<int> v(3);
    auto first = v.begin();
    v.push_back(1);
    sink = *first;
}
CASE out_of_range() {
    std::vector<int> v(3);
    sink = v.at(7 + zero);
}
CASE throws_an_int() { throw 42; }
CASE bad_alloc() {
    volatile long n = big << 4;
    auto *volatile p = new char[n];
    sink = p != nullptr;
}
struct ParseError : std::runtime_error { using std::runtime_error::runtime_error; };
CASE own_exception() { throw ParseError("name: pointer loop at octet 12"); }
CASE joinable_thread() { std::thread t([] {}); }
CASE assertion() { assert(zero == 1 && "count must be one"); }
struct Throws { ~Throws() noexcept(false) { throw std::logic_error("second"); } };
CASE throw_in_destructor() {
    Throws t;
    throw std::runtime_error("first");
}
struct Abstract {
    Abstract() { call(); }
    __attribute__((noinline)) void call() { run(); }
    virtual void run() = 0;
};
struct Concrete : Abstract { void run() override {} };
CASE pure_virtual() { Concrete c; }

#define C(name) {#name, name}
static const Case cases[] = {
    C(double_free), C(double_free_large), C(free_of_stack), C(free_of_offset), C(broken_top), C(stack_smashed),
    C(fortified_copy), C(vector_index), C(span_index), C(view_index), C(empty_optional), C(null_unique),
    C(front_of_empty), C(out_of_range), C(stale_iterator), C(throws_an_int), C(bad_alloc), C(own_exception), C(joinable_thread),
    C(assertion), C(throw_in_destructor), C(pure_virtual),
};

int main(int, char **argv) { return run_case(cases, argv[1]); }
