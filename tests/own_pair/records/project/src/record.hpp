#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

// Records of a kind, a length and that many octets; the last octet of the input is their sum.
struct Records {
    std::map<std::uint8_t, std::vector<std::string>> by_kind;
    bool is_intact = false;
};

Records parse_records(const std::uint8_t *data, std::size_t size);
