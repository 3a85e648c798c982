#include "types.hpp"

#include <array>
#include <string_view>

#include "text.hpp"

namespace dns {

namespace {

using TypeNames = std::array<std::string_view, type::kHttps + 1>;

constexpr TypeNames low_type_names() {
    TypeNames names{};
    names[type::kA] = "A";
    names[type::kNs] = "NS";
    names[type::kCname] = "CNAME";
    names[type::kSoa] = "SOA";
    names[type::kPtr] = "PTR";
    names[type::kMx] = "MX";
    names[type::kTxt] = "TXT";
    names[type::kAaaa] = "AAAA";
    names[type::kLoc] = "LOC";
    names[type::kSrv] = "SRV";
    names[type::kOpt] = "OPT";
    names[type::kDs] = "DS";
    names[type::kRrsig] = "RRSIG";
    names[type::kNsec] = "NSEC";
    names[type::kDnskey] = "DNSKEY";
    names[type::kSvcb] = "SVCB";
    names[type::kHttps] = "HTTPS";
    return names;
}

// Indexed by type; a type without a mnemonic is empty. The few high types are not worth the gap.
constexpr TypeNames kLowTypeNames = low_type_names();

std::string_view type_name(std::uint16_t number) {
    if (number < kLowTypeNames.size()) return kLowTypeNames[number];
    switch (number) {
        case type::kIxfr:
            return "IXFR";
        case type::kAxfr:
            return "AXFR";
        case type::kAny:
            return "ANY";
        case type::kCaa:
            return "CAA";
        default:
            return {};
    }
}

std::string_view class_name(std::uint16_t number) {
    switch (number) {
        case kClassIn:
            return "IN";
        case 3:
            return "CH";
        case 4:
            return "HS";
        case 254:
            return "NONE";
        case 255:
            return "ANY";
        default:
            return {};
    }
}

// RFC 3597 §5: an unknown type is TYPEn, an unknown class CLASSn.
void append_mnemonic(std::string_view name, std::string_view generic, std::uint16_t number,
                     std::string& out) {
    if (!name.empty()) {
        out += name;
        return;
    }
    out += generic;
    append_number(number, out);
}

}  // namespace

void append_type(std::uint16_t number, std::string& out) {
    append_mnemonic(type_name(number), "TYPE", number, out);
}

void append_class(std::uint16_t number, std::string& out) {
    append_mnemonic(class_name(number), "CLASS", number, out);
}

}  // namespace dns
