// The whole of the format: how many letters there are, then those, in lower case.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace words {

/// The canonical text; of what is rejected its last line has the reason.
struct Described {
    std::string text;
    bool is_accepted;
};

Described describe(std::span<const std::uint8_t> octets);

}  // namespace words
