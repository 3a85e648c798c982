// The C ABI of describe (docs/agreement.md): what fuzzpair compares with the Rust twin.
#include <algorithm>
#include <string_view>

#include "describe.h"
#include "src/dns.hpp"

namespace {

/// A rejection is the last line of a text, in either target (docs/canonical-text.md).
bool is_accepted(std::string_view text) {
    const std::string_view whole = text.substr(0, text.size() - 1);
    return !whole.substr(whole.find_last_of('\n') + 1).starts_with("reject: ");
}

}  // namespace

extern "C" std::size_t fuzzpair_describe_cpp(const char* target, const std::uint8_t* data,
                                             std::size_t size, char* text, std::size_t capacity,
                                             int* accepted) {
    const dns::Octets octets{data, size};
    const std::string said = std::string_view(target) == "message" ? dns::describe_message(octets)
                                                                   : dns::describe_stream(octets);
    *accepted = is_accepted(said) ? 1 : 0;
    std::copy_n(said.data(), std::min(capacity, said.size()), text);
    return said.size();
}
