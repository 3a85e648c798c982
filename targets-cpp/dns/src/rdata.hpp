// What a record carries: one interface, and the table of formats by type.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "wire.hpp"

namespace dns {

/// The rdata of one record. Octet fields are views into the message.
struct Rdata {
    Rdata() = default;
    Rdata(const Rdata&) = delete;
    Rdata& operator=(const Rdata&) = delete;
    virtual ~Rdata() = default;

    virtual void append_text(std::string& out) const = 0;
};

/// Rdata of an unknown type, or of a class for which the type is not defined (RFC 3597 §5).
struct Opaque final : Rdata {
    explicit Opaque(Octets octets_) : octets(octets_) {}
    void append_text(std::string& out) const override;

    Octets octets;
};

std::unique_ptr<Rdata> read_opaque(Reader& reader);
std::unique_ptr<Rdata> read_rdata(std::uint16_t type, std::uint16_t record_class, Reader& reader);

}  // namespace dns
