// A program with one known fault per sanitizer: a build whose sanitizer says nothing here proves nothing elsewhere.
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

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

static int thread_fault(int argc) {
    std::thread other([argc] { shared_count += argc; });
    shared_count += argc;
    other.join();
    return shared_count;
}

int main(int argc, char **argv) {
    int answer = 0;
    const char *fault = argc > 1 ? argv[1] : "";
    if (std::strcmp(fault, "address") == 0) answer = address_fault(argc);
    if (std::strcmp(fault, "leak") == 0) answer = leak_fault(argc);
    if (std::strcmp(fault, "undefined") == 0) answer = undefined_fault(argc);
    if (std::strcmp(fault, "memory") == 0) answer = memory_fault(argc);
    if (std::strcmp(fault, "thread") == 0) answer = thread_fault(argc);
    std::printf("%d\n", answer);
    return 0;
}
