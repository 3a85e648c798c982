// The small pieces of the canonical text: numbers, hex, escapes, quoted strings.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire.hpp"

namespace dns {

void append_number(std::uint64_t number, std::string& out);
void append_signed(std::int64_t number, std::string& out);
void append_field(std::string_view name, std::uint64_t number, std::string& out);
void append_hex(Octets octets, std::string& out);
void append_hex_field(Octets octets, std::string& out);
std::array<char, 4> decimal_escape(std::uint8_t octet);
void append_quoted(Octets octets, std::string& out);

}  // namespace dns
