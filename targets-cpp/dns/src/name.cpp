#include "name.hpp"

#include <array>
#include <cstring>

#include "text.hpp"

namespace dns {

namespace {

constexpr std::uint8_t kTypeBits = 0xc0;  // RFC 1035 §4.1.4: the two high bits of a length octet
constexpr std::uint8_t kPointer = 0xc0;

// An octet as \DDD takes four characters.
using LabelText = std::array<char, 4 * kMaxLabel>;

/// A name while its labels are gathered; its heap copy is made once, when its size is known.
class NameBuffer {
  public:
    void append(Octets label, std::size_t at);
    Name name() const { return Name(Octets(octets_).first(size_)); }

  private:
    std::array<std::uint8_t, kMaxName> octets_;
    std::size_t size_ = 0;
};

/// Appends a label with its length octet. One octet stays free for the root.
void NameBuffer::append(Octets label, std::size_t at) {
    if (size_ + label.size() + 1 > kMaxName) {
        throw ParseError(RejectKind::name_too_long, at);
    }
    std::memcpy(octets_.data() + size_, label.data(), label.size());
    size_ += label.size();
}

std::size_t pointer_target(const Reader& reader, std::size_t at) {
    const Octets pointer = reader.slice(at, 2);
    return static_cast<std::size_t>((pointer[0] & ~kTypeBits) << 8 | pointer[1]);
}

bool is_special(std::uint8_t octet) {
    return std::strchr(".\\\"();@$", octet) != nullptr;
}

/// Writes the presentation form of a label and gives its size (RFC 1035 §5.1, RFC 4343 §2.1).
std::size_t escape_label(Octets label, LabelText& text) {
    std::size_t size = 0;
    for (const std::uint8_t octet : label) {
        if (octet < 0x21 || octet > 0x7e) {
            const std::array<char, 4> escape = decimal_escape(octet);
            std::memcpy(text.data() + size, escape.data(), escape.size());
            size += escape.size();
            continue;
        }
        if (is_special(octet)) text[size++] = '\\';
        text[size++] = static_cast<char>(octet);
    }
    return size;
}

void append_label(Octets label, LabelText& text, std::string& out) {
    const std::size_t size = escape_label(label, text);
    out.append(text.data(), size);
    out += '.';
}

std::uint8_t lower(std::uint8_t octet) {
    return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet + ('a' - 'A')) : octet;
}

}  // namespace

/// Reads a name and leaves the reader behind it, that is behind its first pointer if it has one.
Name read_name(Reader& reader) {
    NameBuffer buffer;
    std::size_t at = reader.position();
    std::size_t run = at;  // where the labels now read began
    std::optional<std::size_t> resume;
    for (;;) {
        const std::uint8_t length = reader.slice(at, 1)[0];
        if ((length & kTypeBits) == kPointer) {
            const std::size_t target = pointer_target(reader, at);
            // RFC 1035 §4.1.4: a *prior* occurrence. Each run begins before the last one began,
            // so the walk ends; "before the pointer" alone would let a name contain itself.
            if (target >= run) throw ParseError(RejectKind::pointer_loop, at);
            if (!resume) resume = at + 2;
            at = run = target;
            continue;
        }
        if ((length & kTypeBits) != 0) throw ParseError(RejectKind::label_type, at);
        if (length == 0) break;
        const Octets label = reader.slice(at, std::size_t{1} + length);
        buffer.append(label, at);
        at += label.size();
    }
    reader.seek(resume.value_or(at + 1));
    return buffer.name();
}

void append_name(const Name& name, std::string& out) {
    if (name.is_root()) {
        out += '.';
        return;
    }
    LabelText text;
    for (std::size_t at = 0; at < name.size();) {
        const Octets label = name.label_at(at);
        append_label(label, text, out);
        at += 1 + label.size();
    }
}

/// RFC 4343 §3: names that differ in ASCII case only are one. Case is folded before escaping.
std::string lower_text(const Name& name) {
    if (name.is_root()) return ".";
    std::string out;
    std::array<std::uint8_t, kMaxLabel + 1> folded;
    LabelText text;
    for (std::size_t at = 0; at < name.size();) {
        const Octets label = name.label_at(at);
        std::memcpy(folded.data(), label.data(), label.size());
        for (std::size_t i = 0; i < label.size(); ++i) folded[i] = lower(folded[i]);
        append_label(Octets(folded).first(label.size()), text, out);
        at += 1 + label.size();
    }
    return out;
}

}  // namespace dns
