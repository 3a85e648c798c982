// The rdata that carries named values: SVCB and HTTPS (RFC 9460), CAA (RFC 8659).
#pragma once

#include <vector>

#include "name.hpp"
#include "rdata.hpp"

namespace dns {

struct SvcParam {
    std::uint16_t key = 0;
    Octets value;
};

struct Svcb final : Rdata {
    void append_text(std::string& out) const override;

    std::uint16_t priority = 0;
    Name target;
    std::vector<SvcParam> params;
};

struct Caa final : Rdata {
    void append_text(std::string& out) const override;

    std::uint8_t flags = 0;
    Octets tag;
    Octets value;
};

std::unique_ptr<Rdata> read_svcb(Reader& reader);
std::unique_ptr<Rdata> read_caa(Reader& reader);

}  // namespace dns
