#include "wire.hpp"

namespace dns {

const char* reject_text(RejectKind kind) {
    switch (kind) {
        case RejectKind::truncated:
            return "truncated";
        case RejectKind::label_type:
            return "label-type";
        case RejectKind::pointer_loop:
            return "pointer-loop";
        case RejectKind::name_too_long:
            return "name-too-long";
        case RejectKind::rdata_length:
            return "rdata-length";
        case RejectKind::rdata_value:
            return "rdata-value";
        case RejectKind::opt:
            return "opt";
        case RejectKind::trailing:
            return "trailing";
        case RejectKind::too_many:
            return "too-many";
    }
    return "";
}

std::uint8_t Reader::u8() {
    return take(1)[0];
}

// RFC 1035 §2.3.2: the most significant octet comes first.
std::uint16_t Reader::u16() {
    const Octets octets = take(2);
    return static_cast<std::uint16_t>((octets[0] << 8) | octets[1]);
}

std::uint32_t Reader::u32() {
    const Octets octets = take(4);
    return (std::uint32_t{octets[0]} << 24) | (std::uint32_t{octets[1]} << 16) |
           (std::uint32_t{octets[2]} << 8) | std::uint32_t{octets[3]};
}

Octets Reader::take(std::size_t count) {
    const Octets taken = slice(position_, count);
    position_ += count;
    return taken;
}

Octets Reader::rest() {
    return take(remaining());
}

// RFC 1035 §3.3: one length octet, then so many octets.
Octets Reader::character_string() {
    const std::size_t length = u8();
    return take(length);
}

/// The only place that looks at the bounds. Written without a sum, which a large count would wrap.
Octets Reader::slice(std::size_t at, std::size_t count) const {
    if (at > octets_.size() || count > octets_.size() - at) {
        throw short_error(at);
    }
    return octets_.subspan(at, count);
}

/// A reader for the next `length` octets. Names in it may still point to what lies before it.
Reader Reader::rdata(std::size_t length) {
    const std::size_t start = position_;
    take(length);
    Reader reader(octets_.first(position_));
    reader.position_ = start;
    reader.rdata_start_ = start;
    return reader;
}

void Reader::expect_end() const {
    if (remaining() == 0) return;
    if (rdata_start_) throw length_error();
    throw ParseError(RejectKind::trailing, position_);
}

/// For an rdata whose length does not suit its fields; it is the whole rdata that offends.
ParseError Reader::length_error() const {
    return ParseError(RejectKind::rdata_length, rdata_start_.value_or(position_));
}

ParseError Reader::short_error(std::size_t at) const {
    return rdata_start_ ? length_error() : ParseError(RejectKind::truncated, at);
}

}  // namespace dns
