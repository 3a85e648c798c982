// The rdata of RFC 1035 and of the plain types since: addresses, names, SOA, MX, TXT, SRV, LOC.
#pragma once

#include <array>
#include <vector>

#include "name.hpp"
#include "rdata.hpp"

namespace dns {

struct A final : Rdata {
    void append_text(std::string& out) const override;

    std::array<std::uint8_t, 4> address{};
};

/// NS, CNAME and PTR: one name.
struct Target final : Rdata {
    void append_text(std::string& out) const override;

    Name name;
};

struct Soa final : Rdata {
    void append_text(std::string& out) const override;

    Name mname;
    Name rname;
    std::uint32_t serial = 0;
    std::uint32_t refresh = 0;
    std::uint32_t retry = 0;
    std::uint32_t expire = 0;
    std::uint32_t minimum = 0;
};

struct Mx final : Rdata {
    void append_text(std::string& out) const override;

    std::uint16_t preference = 0;
    Name exchange;
};

struct Txt final : Rdata {
    void append_text(std::string& out) const override;

    std::vector<Octets> strings;
};

struct Aaaa final : Rdata {
    void append_text(std::string& out) const override;

    std::array<std::uint8_t, 16> address{};
};

/// RFC 1876, in its units: centimetres and thousandths of an arc second.
struct Loc final : Rdata {
    void append_text(std::string& out) const override;

    std::uint64_t size = 0;
    std::uint64_t horizontal_precision = 0;
    std::uint64_t vertical_precision = 0;
    std::int64_t latitude = 0;
    std::int64_t longitude = 0;
    std::int64_t altitude = 0;
};

struct Srv final : Rdata {
    void append_text(std::string& out) const override;

    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    Name target;
};

std::unique_ptr<Rdata> read_a(Reader& reader);
std::unique_ptr<Rdata> read_target(Reader& reader);
std::unique_ptr<Rdata> read_soa(Reader& reader);
std::unique_ptr<Rdata> read_mx(Reader& reader);
std::unique_ptr<Rdata> read_txt(Reader& reader);
std::unique_ptr<Rdata> read_aaaa(Reader& reader);
std::unique_ptr<Rdata> read_loc(Reader& reader);
std::unique_ptr<Rdata> read_srv(Reader& reader);

}  // namespace dns
