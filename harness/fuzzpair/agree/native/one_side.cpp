// One twin alone in the same loop, for what comparing costs: -DFUZZPAIR_ALONE=fuzzpair_describe_cpp or _rust.
#include <string>

#include "describe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::string text(std::size_t{1} << 16, '\0');
    int accepted = 0;
    const std::size_t wanted = FUZZPAIR_ALONE(FUZZPAIR_TARGET, data, size, text.data(), text.size(), &accepted);
    if (wanted > text.size()) text.resize(wanted);
    return 0;
}
