#include "rdata_svcb.hpp"

#include <algorithm>

#include "text.hpp"

namespace dns {

namespace {

bool is_letter_or_digit(std::uint8_t octet) {
    return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
           (octet >= '0' && octet <= '9');
}

SvcParam read_param(Reader& reader) {
    SvcParam param;
    param.key = reader.u16();
    const std::size_t length = reader.u16();
    param.value = reader.take(length);
    return param;
}

// RFC 8659 §4.1.1: at least one character, of these sixty-two only.
Octets read_tag(Reader& reader) {
    const std::size_t at = reader.position();
    const Octets tag = reader.character_string();
    if (tag.empty() || !std::all_of(tag.begin(), tag.end(), is_letter_or_digit)) {
        throw ParseError(RejectKind::rdata_value, at);
    }
    return tag;
}

}  // namespace

// RFC 9460 §2.2: keys come in strictly increasing order, else the record is malformed.
std::unique_ptr<Rdata> read_svcb(Reader& reader) {
    auto svcb = std::make_unique<Svcb>();
    svcb->priority = reader.u16();
    svcb->target = read_name(reader);
    while (reader.remaining() > 0) {
        const std::size_t at = reader.position();
        const SvcParam param = read_param(reader);
        if (!svcb->params.empty() && param.key <= svcb->params.back().key) {
            throw ParseError(RejectKind::rdata_value, at);
        }
        svcb->params.push_back(param);
    }
    return svcb;
}

void Svcb::append_text(std::string& out) const {
    append_number(priority, out);
    out += ' ';
    append_name(target, out);
    for (const SvcParam& param : params) {
        out += " key";
        append_number(param.key, out);
        out += '=';
        append_hex(param.value, out);
    }
}

std::unique_ptr<Rdata> read_caa(Reader& reader) {
    auto caa = std::make_unique<Caa>();
    caa->flags = reader.u8();
    caa->tag = read_tag(reader);
    caa->value = reader.rest();
    return caa;
}

void Caa::append_text(std::string& out) const {
    append_number(flags, out);
    out += ' ';
    out.append(tag.begin(), tag.end());
    out += ' ';
    append_quoted(value, out);
}

}  // namespace dns
