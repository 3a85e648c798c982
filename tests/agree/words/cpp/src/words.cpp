#include "words.hpp"

namespace words {

namespace {

Described rejected(const char* reason) {
    return {"reject: " + std::string(reason) + "\n", false};
}

}  // namespace

Described describe(std::span<const std::uint8_t> octets) {
    if (octets.empty() || octets.size() - 1 != octets[0]) return rejected("length");
    std::string word;
    for (const std::uint8_t letter : octets.subspan(1)) {
        if (letter < 'a' || letter > 'z') return rejected("letter");
        word += static_cast<char>(letter);
    }
    return {"WORD letters " + word + "\n", true};
}

}  // namespace words
