// One message: header, questions, three sections of records (RFC 1035 §4.1).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "name.hpp"
#include "rdata.hpp"
#include "wire.hpp"

namespace dns {

struct Header {
    std::uint16_t id = 0;
    bool qr = false;
    std::uint8_t opcode = 0;
    bool aa = false;
    bool tc = false;
    bool rd = false;
    bool ra = false;
    bool z = false;
    bool ad = false;
    bool cd = false;
    std::uint8_t rcode = 0;
    std::array<std::uint16_t, 4> counts{};  // questions, then the records of each section
};

struct Question {
    Name name;
    std::uint16_t type = 0;
    std::uint16_t question_class = 0;
};

struct Record {
    Name owner;
    std::uint16_t type = 0;
    std::uint16_t record_class = 0;
    std::uint32_t ttl = 0;
    std::unique_ptr<Rdata> rdata;
};

enum class Section : std::uint8_t { answer, authority, additional };

/// What was read. Octet fields of its rdata are views, so it must not outlive its octets.
struct Message {
    Header header;
    std::vector<Question> questions;
    std::array<std::vector<Record>, 3> sections;  // indexed by Section
    bool has_opt = false;
};

Message read_message(Octets octets);
std::uint64_t ttl_sum(const Message& message);
void append_message(const Message& message, std::string& out);

}  // namespace dns
