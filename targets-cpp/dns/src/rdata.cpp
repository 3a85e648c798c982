#include "rdata.hpp"

#include <array>

#include "rdata_basic.hpp"
#include "rdata_dnssec.hpp"
#include "rdata_svcb.hpp"
#include "text.hpp"
#include "types.hpp"

namespace dns {

namespace {

using ReadRdata = std::unique_ptr<Rdata> (*)(Reader& reader);

struct Format {
    std::uint16_t type;
    bool any_class;  // else the format holds for class IN only
    ReadRdata read;
};

// OPT is not here: its class and TTL are part of it (edns.hpp).
constexpr std::array<Format, 17> kFormats{{
    {type::kA, false, read_a},
    {type::kNs, true, read_target},
    {type::kCname, true, read_target},
    {type::kSoa, true, read_soa},
    {type::kPtr, true, read_target},
    {type::kMx, true, read_mx},
    {type::kTxt, true, read_txt},
    {type::kAaaa, false, read_aaaa},
    {type::kLoc, true, read_loc},
    {type::kSrv, false, read_srv},
    {type::kDs, true, read_ds},
    {type::kRrsig, true, read_rrsig},
    {type::kNsec, true, read_nsec},
    {type::kDnskey, true, read_dnskey},
    {type::kSvcb, false, read_svcb},
    {type::kHttps, false, read_svcb},
    {type::kCaa, true, read_caa},
}};

const Format* find_format(std::uint16_t type, std::uint16_t record_class) {
    for (const Format& format : kFormats) {
        if (format.type != type) continue;
        return format.any_class || record_class == kClassIn ? &format : nullptr;
    }
    return nullptr;
}

}  // namespace

std::unique_ptr<Rdata> read_opaque(Reader& reader) {
    return std::make_unique<Opaque>(reader.rest());
}

/// Reads all of an rdata: octets that no field claims make its length wrong.
std::unique_ptr<Rdata> read_rdata(std::uint16_t type, std::uint16_t record_class, Reader& reader) {
    const Format* format = find_format(type, record_class);
    if (format == nullptr) return read_opaque(reader);
    std::unique_ptr<Rdata> rdata = format->read(reader);
    reader.expect_end();
    return rdata;
}

void Opaque::append_text(std::string& out) const {
    out += "\\# ";
    append_number(octets.size(), out);
    append_hex_field(octets, out);
}

}  // namespace dns
