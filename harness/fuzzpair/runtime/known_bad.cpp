// A program with one known fault per sanitizer: a build whose sanitizer says nothing here proves nothing elsewhere.
#include <atomic>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

static int shared_count = 0;

static int address_fault(int argc) {
    char *block = new char[static_cast<size_t>(argc) + 7];
    delete[] block;
    return block[argc];
}

static int leak_fault(int argc) {
    // Many: an old copy of the last pointer may still lie on the stack, where LSan takes it for a use.
    for (int count = 0; count < 16; count++) {
        char *volatile block = new char[static_cast<size_t>(argc) + 7];
        block[argc] = 'x';
    }
    return argc;
}

static int undefined_fault(int argc) { return INT_MAX - 1 + argc; }

static int memory_fault(int argc) {
    int *block = new int[static_cast<size_t>(argc) + 7];
    int answer = block[argc] == 42 ? 1 : 0;
    delete[] block;
    return answer;
}

// One access each, the second after the first: two in the same instant are missed by chance, and of many TSan forgets
// where the first thread's came from, which silences it. A relaxed flag puts them in order and into no order of TSan's.
static int thread_fault(int argc) {
    std::atomic<bool> first{false};
    std::thread other([argc, &first] {
        shared_count += argc;
        first.store(true, std::memory_order_relaxed);
    });
    while (!first.load(std::memory_order_relaxed)) std::this_thread::yield();
    shared_count += argc;
    other.join();
    return shared_count;
}

// What UBSan's other groups speak of; all but the first of the floats are legal C++.
static int unsigned_wrap(int argc) {
    const unsigned none = static_cast<unsigned>(argc) - 2;  // 0: there are two arguments
    return static_cast<int>((none - 1) >> 1);
}

static int truncation(int argc) {
    const std::uint32_t wide = 0x100u << argc;
    const std::uint8_t narrow = wide;
    return narrow;
}

static int sign_change(int argc) {
    const std::uint32_t changed = 1 - argc;
    return static_cast<int>(changed >> 1);
}

static int first_of(const int *_Nonnull numbers) { return numbers == nullptr ? 0 : numbers[0]; }

static int nullability_fault(int argc) {
    const int number = argc;
    return first_of(argc > 1 ? nullptr : &number);
}

static int float_cast(int argc) { return static_cast<int>(1e10 * argc); }

static int float_division(int argc) { return 1.0 / (argc - 2) > 1.0 ? 1 : 0; }

// What a hardened standard library refuses: the second in its extensive modes alone.
static int index_fault(int argc) {
    std::vector<int> numbers(static_cast<size_t>(argc));
    return numbers[static_cast<size_t>(argc) + 7];
}

static int null_text(int argc) {
    const char *volatile text = nullptr;
    return static_cast<int>(std::string_view(text).size()) + argc;
}

int main(int argc, char **argv) {
    int answer = 0;
    const char *fault = argc > 1 ? argv[1] : "";
    if (std::strcmp(fault, "address") == 0) answer = address_fault(argc);
    if (std::strcmp(fault, "leak") == 0) answer = leak_fault(argc);
    if (std::strcmp(fault, "undefined") == 0) answer = undefined_fault(argc);
    if (std::strcmp(fault, "memory") == 0) answer = memory_fault(argc);
    if (std::strcmp(fault, "thread") == 0) answer = thread_fault(argc);
    if (std::strcmp(fault, "unsigned-wrap") == 0) answer = unsigned_wrap(argc);
    if (std::strcmp(fault, "truncation") == 0) answer = truncation(argc);
    if (std::strcmp(fault, "sign-change") == 0) answer = sign_change(argc);
    if (std::strcmp(fault, "nullability") == 0) answer = nullability_fault(argc);
    if (std::strcmp(fault, "float-cast") == 0) answer = float_cast(argc);
    if (std::strcmp(fault, "float-division") == 0) answer = float_division(argc);
    if (std::strcmp(fault, "index") == 0) answer = index_fault(argc);
    if (std::strcmp(fault, "null-text") == 0) answer = null_text(argc);
    std::printf("%d\n", answer);
    return 0;
}
