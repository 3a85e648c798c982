// The OPT pseudo-record of EDNS (RFC 6891), whose class and TTL are fields of its own.
#pragma once

#include <vector>

#include "rdata.hpp"

namespace dns {

struct EdnsOption {
    std::uint16_t code = 0;
    Octets value;
};

struct Opt final : Rdata {
    void append_text(std::string& out) const override;

    std::uint16_t payload = 0;
    std::uint8_t extended_rcode = 0;
    std::uint8_t version = 0;
    bool dnssec_ok = false;
    std::uint16_t z = 0;
    std::vector<EdnsOption> options;
};

std::unique_ptr<Rdata> read_opt(std::uint16_t class_field, std::uint32_t ttl_field, Reader& reader);

}  // namespace dns
