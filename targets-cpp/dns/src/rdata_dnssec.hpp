// The rdata of DNSSEC (RFC 4034): DS, RRSIG, NSEC with its type bitmap, DNSKEY.
#pragma once

#include <array>
#include <vector>

#include "name.hpp"
#include "rdata.hpp"

namespace dns {

struct Ds final : Rdata {
    void append_text(std::string& out) const override;

    std::uint16_t key_tag = 0;
    std::uint8_t algorithm = 0;
    std::uint8_t digest_type = 0;
    Octets digest;
};

struct Rrsig final : Rdata {
    void append_text(std::string& out) const override;

    std::uint16_t type_covered = 0;
    std::uint8_t algorithm = 0;
    std::uint8_t labels = 0;
    std::uint32_t original_ttl = 0;
    std::uint32_t expiration = 0;
    std::uint32_t inception = 0;
    std::uint16_t key_tag = 0;
    Name signer;
    Octets signature;
};

/// One window of a type bitmap: 256 types, of which the trailing ones may be left out.
struct Window {
    std::uint8_t number = 0;
    std::uint8_t length = 0;
    std::array<std::uint8_t, 32> bits{};
};

struct Nsec final : Rdata {
    void append_text(std::string& out) const override;

    Name next;
    std::vector<Window> windows;
};

struct Dnskey final : Rdata {
    void append_text(std::string& out) const override;

    std::uint16_t flags = 0;
    std::uint8_t protocol = 0;
    std::uint8_t algorithm = 0;
    Octets key;
};

std::unique_ptr<Rdata> read_ds(Reader& reader);
std::unique_ptr<Rdata> read_rrsig(Reader& reader);
std::unique_ptr<Rdata> read_nsec(Reader& reader);
std::unique_ptr<Rdata> read_dnskey(Reader& reader);

}  // namespace dns
