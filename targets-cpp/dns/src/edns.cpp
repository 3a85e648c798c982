#include "edns.hpp"

#include "text.hpp"

namespace dns {

namespace {

EdnsOption read_option(Reader& reader) {
    EdnsOption option;
    option.code = reader.u16();
    const std::size_t length = reader.u16();
    option.value = reader.take(length);
    return option;
}

void append_option(const EdnsOption& option, std::string& out) {
    out += "\n  option ";
    append_number(option.code, out);
    append_hex_field(option.value, out);
}

}  // namespace

// RFC 6891 §6.1.2, §6.1.3: the class is the payload size, the TTL holds four fields.
std::unique_ptr<Rdata> read_opt(std::uint16_t class_field, std::uint32_t ttl_field,
                                Reader& reader) {
    auto opt = std::make_unique<Opt>();
    opt->payload = class_field;
    opt->extended_rcode = static_cast<std::uint8_t>(ttl_field >> 24);
    opt->version = static_cast<std::uint8_t>(ttl_field >> 16 & 0xff);
    opt->dnssec_ok = (ttl_field & 0x8000) != 0;
    opt->z = static_cast<std::uint16_t>(ttl_field & 0x7fff);
    while (reader.remaining() > 0) opt->options.push_back(read_option(reader));
    return opt;
}

/// The rest of the record's line, then a line for each option; the caller ends the last one.
void Opt::append_text(std::string& out) const {
    out += "payload ";
    append_number(payload, out);
    append_field("ercode", extended_rcode, out);
    append_field("version", version, out);
    append_field("do", dnssec_ok, out);
    append_field("z", z, out);
    append_field("options", options.size(), out);
    for (const EdnsOption& option : options) append_option(option, out);
}

}  // namespace dns
