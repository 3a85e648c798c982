#include "rdata_basic.hpp"

#include <cstdio>
#include <cstring>

#include "text.hpp"

namespace dns {

namespace {

// RFC 1876 §2: the wire holds latitude and longitude from 2^31, altitude from 100 km below.
constexpr std::int64_t kLocEquator = std::int64_t{1} << 31;
constexpr std::int64_t kLocSeaLevel = 10'000'000;
constexpr std::int64_t kDegree = 3'600'000;

constexpr std::array<std::uint64_t, 10> kPowersOfTen = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000,
};

/// RFC 1876 §2: a length is a decimal digit, and the power of ten to multiply it by.
std::uint64_t read_centimetres(Reader& reader) {
    const std::size_t at = reader.position();
    const std::uint8_t octet = reader.u8();
    const std::size_t digit = octet >> 4;
    const std::size_t power = octet & 0x0f;
    if (digit > 9 || power > 9) throw ParseError(RejectKind::rdata_value, at);
    return digit * kPowersOfTen[power];
}

std::int64_t read_arc(Reader& reader, std::int64_t max_degrees) {
    const std::size_t at = reader.position();
    const std::int64_t arc = std::int64_t{reader.u32()} - kLocEquator;
    if (arc < -max_degrees * kDegree || arc > max_degrees * kDegree) {
        throw ParseError(RejectKind::rdata_value, at);
    }
    return arc;
}

}  // namespace

std::unique_ptr<Rdata> read_a(Reader& reader) {
    auto a = std::make_unique<A>();
    const Octets octets = reader.take(a->address.size());
    std::memcpy(a->address.data(), octets.data(), octets.size());
    return a;
}

void A::append_text(std::string& out) const {
    std::array<char, sizeof "255.255.255.255"> text;
    std::snprintf(text.data(), text.size(), "%u.%u.%u.%u", address[0], address[1], address[2],
                  address[3]);
    out += text.data();
}

std::unique_ptr<Rdata> read_target(Reader& reader) {
    auto target = std::make_unique<Target>();
    target->name = read_name(reader);
    return target;
}

void Target::append_text(std::string& out) const {
    append_name(name, out);
}

// RFC 1035 §3.3.13.
std::unique_ptr<Rdata> read_soa(Reader& reader) {
    auto soa = std::make_unique<Soa>();
    soa->mname = read_name(reader);
    soa->rname = read_name(reader);
    soa->serial = reader.u32();
    soa->refresh = reader.u32();
    soa->retry = reader.u32();
    soa->expire = reader.u32();
    soa->minimum = reader.u32();
    return soa;
}

void Soa::append_text(std::string& out) const {
    append_name(mname, out);
    out += ' ';
    append_name(rname, out);
    for (const std::uint32_t number : {serial, refresh, retry, expire, minimum}) {
        out += ' ';
        append_number(number, out);
    }
}

std::unique_ptr<Rdata> read_mx(Reader& reader) {
    auto mx = std::make_unique<Mx>();
    mx->preference = reader.u16();
    mx->exchange = read_name(reader);
    return mx;
}

void Mx::append_text(std::string& out) const {
    append_number(preference, out);
    out += ' ';
    append_name(exchange, out);
}

// RFC 1035 §3.3.14: one or more strings.
std::unique_ptr<Rdata> read_txt(Reader& reader) {
    if (reader.remaining() == 0) throw reader.length_error();
    auto txt = std::make_unique<Txt>();
    while (reader.remaining() > 0) txt->strings.push_back(reader.character_string());
    return txt;
}

void Txt::append_text(std::string& out) const {
    for (std::size_t i = 0; i < strings.size(); ++i) {
        if (i > 0) out += ' ';
        append_quoted(strings[i], out);
    }
}

std::unique_ptr<Rdata> read_aaaa(Reader& reader) {
    auto aaaa = std::make_unique<Aaaa>();
    const Octets octets = reader.take(aaaa->address.size());
    std::memcpy(aaaa->address.data(), octets.data(), octets.size());
    return aaaa;
}

void Aaaa::append_text(std::string& out) const {
    std::array<char, sizeof ":ffff"> group;
    for (std::size_t i = 0; i < address.size(); i += 2) {
        const unsigned number = (unsigned{address[i]} << 8) | address[i + 1];
        std::snprintf(group.data(), group.size(), i == 0 ? "%x" : ":%x", number);
        out += group.data();
    }
}

// RFC 1876 §2: fields are defined for version 0 only, another version is opaque.
std::unique_ptr<Rdata> read_loc(Reader& reader) {
    const std::size_t start = reader.position();
    if (reader.u8() != 0) {
        reader.seek(start);
        return read_opaque(reader);
    }
    auto loc = std::make_unique<Loc>();
    loc->size = read_centimetres(reader);
    loc->horizontal_precision = read_centimetres(reader);
    loc->vertical_precision = read_centimetres(reader);
    loc->latitude = read_arc(reader, 90);
    loc->longitude = read_arc(reader, 180);
    loc->altitude = std::int64_t{reader.u32()} - kLocSeaLevel;
    return loc;
}

void Loc::append_text(std::string& out) const {
    out += "version 0";
    append_field("size", size, out);
    append_field("hp", horizontal_precision, out);
    append_field("vp", vertical_precision, out);
    out += " lat ";
    append_signed(latitude, out);
    out += " lon ";
    append_signed(longitude, out);
    out += " alt ";
    append_signed(altitude, out);
}

// RFC 2782.
std::unique_ptr<Rdata> read_srv(Reader& reader) {
    auto srv = std::make_unique<Srv>();
    srv->priority = reader.u16();
    srv->weight = reader.u16();
    srv->port = reader.u16();
    srv->target = read_name(reader);
    return srv;
}

void Srv::append_text(std::string& out) const {
    for (const std::uint16_t number : {priority, weight, port}) {
        append_number(number, out);
        out += ' ';
    }
    append_name(target, out);
}

}  // namespace dns
