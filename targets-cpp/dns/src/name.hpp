// Domain names: decompression, presentation form, and the lower-case form that names a table entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wire.hpp"

namespace dns {

// RFC 1035 §2.3.4: the octets of a label, and of a name with its length octets and the root.
inline constexpr std::size_t kMaxLabel = 63;
inline constexpr std::size_t kMaxName = 255;

/// A name in wire form, decompressed, without the octet of the root: the root itself is empty.
class Name {
  public:
    Name() = default;
    explicit Name(Octets wire) : wire_(wire.begin(), wire.end()) {}

    bool is_root() const { return wire_.empty(); }
    std::size_t size() const { return wire_.size(); }
    Octets label_at(std::size_t at) const { return Octets(wire_).subspan(at + 1, wire_[at]); }

  private:
    std::vector<std::uint8_t> wire_;
};

Name read_name(Reader& reader);
void append_name(const Name& name, std::string& out);
std::string lower_text(const Name& name);

}  // namespace dns
