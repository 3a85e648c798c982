// One twin alone in the same loop, for what comparing costs: -DFUZZPAIR_ALONE=fuzzpair_describe_cpp or _rust.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "describe.h"

namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point start;  // of the first execution
unsigned long long executions;

/// In the words of agree_fuzz.cpp.
void tell() {
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::fprintf(stderr, "\nfuzzpair: executions %llu parted 0 seconds %.3f\n", executions, seconds);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::string text(std::size_t{1} << 16, '\0');
    if (executions++ == 0) {
        start = Clock::now();
        std::atexit(tell);
    }
    int accepted = 0;
    const std::size_t wanted = FUZZPAIR_ALONE(FUZZPAIR_TARGET, data, size, text.data(), text.size(), &accepted);
    if (wanted > text.size()) text.resize(wanted);
    return 0;
}
