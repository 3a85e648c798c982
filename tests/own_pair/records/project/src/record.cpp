#include "record.hpp"

#include <stdexcept>

#include "checksum.h"

static std::string text_of(const std::uint8_t *data, std::size_t size) {
    std::string text;
    for (std::size_t at = 0; at < size; at++) {
        const std::uint8_t octet = data[at];
        if (octet >= 0x20 && octet < 0x7f) {
            text += static_cast<char>(octet);
        } else if (octet == '\n' || octet == '\t') {
            text += ' ';
        } else {
            text += "\\x";
            text += "0123456789abcdef"[octet >> 4];
            text += "0123456789abcdef"[octet & 15];
        }
    }
    return text;
}

Records parse_records(const std::uint8_t *data, std::size_t size) {
    Records records;
    if (size == 0) throw std::invalid_argument("nothing");
    const std::size_t end = size - 1;
    std::size_t at = 0;
    while (at + 2 <= end) {
        const std::uint8_t kind = data[at];
        const std::size_t length = data[at + 1];
        at += 2;
        if (length > end - at) throw std::out_of_range("a record is longer than the input");
        records.by_kind[kind].push_back(text_of(data + at, length));
        at += length;
    }
    records.is_intact = at == end && checksum(data, end) == data[end];
    return records;
}
