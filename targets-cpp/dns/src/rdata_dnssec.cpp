#include "rdata_dnssec.hpp"

#include <cstring>

#include "text.hpp"
#include "types.hpp"

namespace dns {

namespace {

Window read_window(Reader& reader) {
    const std::size_t at = reader.position();
    Window window;
    window.number = reader.u8();
    window.length = reader.u8();
    // RFC 4034 §4.1.2: blocks with no types present must not be included, so there is an octet.
    if (window.length == 0 || window.length > window.bits.size()) {
        throw ParseError(RejectKind::rdata_value, at);
    }
    const Octets octets = reader.take(window.length);
    std::memcpy(window.bits.data(), octets.data(), octets.size());
    return window;
}

void append_window(const Window& window, std::string& out) {
    for (unsigned i = 0; i < window.length * 8u; ++i) {
        if ((window.bits[i / 8] & (0x80u >> i % 8)) == 0) continue;
        out += ' ';
        append_type(static_cast<std::uint16_t>(window.number * 256u + i), out);
    }
}

}  // namespace

// RFC 4034 §5.1: a digest is never empty.
std::unique_ptr<Rdata> read_ds(Reader& reader) {
    auto ds = std::make_unique<Ds>();
    ds->key_tag = reader.u16();
    ds->algorithm = reader.u8();
    ds->digest_type = reader.u8();
    ds->digest = reader.rest();
    if (ds->digest.empty()) throw reader.length_error();
    return ds;
}

void Ds::append_text(std::string& out) const {
    append_number(key_tag, out);
    out += ' ';
    append_number(algorithm, out);
    out += ' ';
    append_number(digest_type, out);
    append_hex_field(digest, out);
}

// RFC 4034 §3.1.
std::unique_ptr<Rdata> read_rrsig(Reader& reader) {
    auto rrsig = std::make_unique<Rrsig>();
    rrsig->type_covered = reader.u16();
    rrsig->algorithm = reader.u8();
    rrsig->labels = reader.u8();
    rrsig->original_ttl = reader.u32();
    rrsig->expiration = reader.u32();
    rrsig->inception = reader.u32();
    rrsig->key_tag = reader.u16();
    rrsig->signer = read_name(reader);
    rrsig->signature = reader.rest();
    return rrsig;
}

void Rrsig::append_text(std::string& out) const {
    append_type(type_covered, out);
    out += ' ';
    for (const std::uint32_t number :
         {std::uint32_t{algorithm}, std::uint32_t{labels}, original_ttl, expiration, inception,
          std::uint32_t{key_tag}}) {
        append_number(number, out);
        out += ' ';
    }
    append_name(signer, out);
    append_hex_field(signature, out);
}

// RFC 4034 §4.1.2: windows come in increasing numerical order, so none comes twice.
std::unique_ptr<Rdata> read_nsec(Reader& reader) {
    auto nsec = std::make_unique<Nsec>();
    nsec->next = read_name(reader);
    while (reader.remaining() > 0) {
        const std::size_t at = reader.position();
        const Window window = read_window(reader);
        if (!nsec->windows.empty() && window.number <= nsec->windows.back().number) {
            throw ParseError(RejectKind::rdata_value, at);
        }
        nsec->windows.push_back(window);
    }
    return nsec;
}

void Nsec::append_text(std::string& out) const {
    append_name(next, out);
    for (const Window& window : windows) append_window(window, out);
}

// RFC 4034 §2.1.
std::unique_ptr<Rdata> read_dnskey(Reader& reader) {
    auto dnskey = std::make_unique<Dnskey>();
    dnskey->flags = reader.u16();
    dnskey->protocol = reader.u8();
    dnskey->algorithm = reader.u8();
    dnskey->key = reader.rest();
    return dnskey;
}

void Dnskey::append_text(std::string& out) const {
    append_number(flags, out);
    out += ' ';
    append_number(protocol, out);
    out += ' ';
    append_number(algorithm, out);
    append_hex_field(key, out);
}

}  // namespace dns
