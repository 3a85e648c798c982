// Octets in, numbers out: a cursor over one message, and the one way to reject it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>

namespace dns {

/// A view into the message, which outlives everything read from it.
using Octets = std::span<const std::uint8_t>;

enum class RejectKind : std::uint8_t {
    truncated,
    label_type,
    pointer_loop,
    name_too_long,
    rdata_length,
    rdata_value,
    opt,
    trailing,
    too_many,
};

const char* reject_text(RejectKind kind);

/// The input is not a DNS message. That is an answer, not a failure of the program.
class ParseError final : public std::exception {
  public:
    ParseError(RejectKind kind, std::size_t offset) : kind_(kind), offset_(offset) {}

    RejectKind kind() const { return kind_; }
    std::size_t offset() const { return offset_; }
    const char* what() const noexcept override { return reject_text(kind_); }

  private:
    RejectKind kind_;
    std::size_t offset_;
};

/// A cursor. Offsets are those of the message, also in a reader that is limited to one rdata.
class Reader {
  public:
    explicit Reader(Octets message) : octets_(message) {}

    std::size_t position() const { return position_; }
    std::size_t remaining() const { return octets_.size() - position_; }

    std::uint8_t u8();
    std::uint16_t u16();
    std::uint32_t u32();
    Octets take(std::size_t count);
    Octets rest();
    Octets character_string();

    Octets slice(std::size_t at, std::size_t count) const;
    void seek(std::size_t at) { position_ = at; }

    Reader rdata(std::size_t length);
    void expect_end() const;
    ParseError length_error() const;

  private:
    ParseError short_error(std::size_t at) const;

    Octets octets_;  // from the first octet of the message to the end of this reader
    std::size_t position_ = 0;
    std::optional<std::size_t> rdata_start_;
};

}  // namespace dns
