#include "text.hpp"

#include <charconv>

namespace dns {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

void append_number(std::uint64_t number, std::string& out) {
    std::array<char, 20> text;  // 2^64 - 1 has twenty digits
    const char* end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void append_signed(std::int64_t number, std::string& out) {
    const auto magnitude = static_cast<std::uint64_t>(number < 0 ? -(number + 1) : number);
    if (number < 0) out += '-';
    append_number(number < 0 ? magnitude + 1 : magnitude, out);  // also of -2^63 nothing wraps
}

/// ` name number`, with the space in front.
void append_field(std::string_view name, std::uint64_t number, std::string& out) {
    out += ' ';
    out += name;
    out += ' ';
    append_number(number, out);
}

void append_hex(Octets octets, std::string& out) {
    std::size_t at = out.size();
    out.resize(at + 2 * octets.size());
    for (const std::uint8_t octet : octets) {
        out[at++] = kHexDigits[octet >> 4];
        out[at++] = kHexDigits[octet & 0x0f];
    }
}

/// ` hex`, and nothing at all when there are no octets: no line ends in a space.
void append_hex_field(Octets octets, std::string& out) {
    if (octets.empty()) return;
    out += ' ';
    append_hex(octets, out);
}

// RFC 1035 §5.1: \DDD is an octet by its decimal number, always three digits.
std::array<char, 4> decimal_escape(std::uint8_t octet) {
    return {'\\', static_cast<char>('0' + octet / 100), static_cast<char>('0' + octet / 10 % 10),
            static_cast<char>('0' + octet % 10)};
}

void append_quoted(Octets octets, std::string& out) {
    out += '"';
    for (const std::uint8_t octet : octets) {
        if (octet < 0x20 || octet > 0x7e) {
            const std::array<char, 4> escape = decimal_escape(octet);
            out.append(escape.data(), escape.size());
            continue;
        }
        if (octet == '"' || octet == '\\') out += '\\';
        out += static_cast<char>(octet);
    }
    out += '"';
}

}  // namespace dns
