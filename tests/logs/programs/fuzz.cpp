// A libFuzzer target; the environment picks the mistake, the empty input reaches it.
#include "cases.h"
#include <cstdint>
#include <stdexcept>
#include <vector>

static std::vector<char *> hoard;

CASE loops() { while (zero == 0) sink = 1; }
CASE grows() {
    for (;;) {
        hoard.push_back(static_cast<char *>(std::malloc(1 << 20)));
        std::memset(hoard.back(), 1, 1 << 20);
    }
}
CASE allocates_too_much() {
    char *volatile p = static_cast<char *>(std::malloc(std::size_t{3} << 30));
    std::free(p);
}
CASE aborts() { std::abort(); }
CASE exits() { std::exit(3); }
CASE leaks() {
    char *volatile p = static_cast<char *>(std::malloc(33));
    p = nullptr;
}
CASE over_reads() {
    std::vector<char> v(9);
    sink = v.data()[9 + zero];
}
CASE throws() { throw std::runtime_error("truncated"); }
CASE null_write() {
    int *volatile p = nullptr;
    *p = 1;
}
CASE nothing() {}

#define C(name) {#name, name}
static const Case cases[] = {C(loops), C(grows), C(allocates_too_much), C(aborts), C(exits), C(leaks),
                             C(over_reads), C(throws), C(null_write), C(nothing)};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *octets, std::size_t size) {
    const char *name = std::getenv("FUZZ_CASE");
    if (std::strcmp(name, "writes_input") == 0 && size > 0) const_cast<std::uint8_t *>(octets)[0] ^= 1;
    else if (std::strcmp(name, "coverage") == 0 && size > 2 && octets[0] == 'D' && octets[1] == 'N') sink = 1;
    else if (std::strcmp(name, "late") == 0 && size > 2 && octets[0] == 'D' && octets[1] == 'N') over_reads();
    else if (size > 0) for (const Case &c : cases) if (std::strcmp(c.name, name) == 0) c.run();
    return 0;
}
