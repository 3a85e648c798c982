#include "message.hpp"

#include <string_view>
#include <utility>

#include "edns.hpp"
#include "text.hpp"
#include "types.hpp"

namespace dns {

namespace {

constexpr std::array<Section, 3> kSections = {Section::answer, Section::authority,
                                              Section::additional};
constexpr std::array<std::string_view, 3> kSectionNames = {"answer", "authority", "additional"};

constexpr std::size_t kCountsOffset = 4;
// The root, a type, a class; in a record also a TTL and a length.
constexpr std::size_t kMinQuestion = 5;
constexpr std::size_t kMinRecord = 11;
constexpr std::uint32_t kMaxTtl = 0x7fffffff;

// RFC 1035 §4.1.1; AD and CD are of RFC 4035 §3.1.6 and §3.2.2.
Header read_header(Reader& reader) {
    Header header;
    header.id = reader.u16();
    const std::uint16_t flags = reader.u16();
    header.qr = (flags & 0x8000) != 0;
    header.opcode = flags >> 11 & 0x0f;
    header.aa = (flags & 0x0400) != 0;
    header.tc = (flags & 0x0200) != 0;
    header.rd = (flags & 0x0100) != 0;
    header.ra = (flags & 0x0080) != 0;
    header.z = (flags & 0x0040) != 0;
    header.ad = (flags & 0x0020) != 0;
    header.cd = (flags & 0x0010) != 0;
    header.rcode = flags & 0x0f;
    for (std::uint16_t& count : header.counts) count = reader.u16();
    return header;
}

/// Before memory is set aside by these counts, the message must be long enough for them.
void check_counts(const Header& header, std::size_t available) {
    std::size_t needed = header.counts[0] * kMinQuestion;
    for (std::size_t i = 1; i < header.counts.size(); ++i) {
        needed += header.counts[i] * kMinRecord;
    }
    if (needed > available) throw ParseError(RejectKind::too_many, kCountsOffset);
}

Question read_question(Reader& reader) {
    Question question;
    question.name = read_name(reader);
    question.type = reader.u16();
    question.question_class = reader.u16();
    return question;
}

// RFC 2181 §8: a TTL with the most significant bit set is read as zero.
std::uint32_t effective_ttl(std::uint32_t ttl_field) {
    return ttl_field > kMaxTtl ? 0 : ttl_field;
}

// RFC 6891 §6.1.1: in the additional section, owned by the root, at most one.
void check_opt(const Name& owner, Section section, const Message& message, std::size_t at) {
    if (section != Section::additional || !owner.is_root() || message.has_opt) {
        throw ParseError(RejectKind::opt, at);
    }
}

void read_record(Reader& reader, Section section, Message& message) {
    const std::size_t at = reader.position();
    Record record;
    record.owner = read_name(reader);
    record.type = reader.u16();
    record.record_class = reader.u16();
    const std::uint32_t ttl_field = reader.u32();
    record.ttl = effective_ttl(ttl_field);
    const std::size_t length = reader.u16();
    Reader rdata = reader.rdata(length);
    if (record.type == type::kOpt) {
        check_opt(record.owner, section, message, at);
        message.has_opt = true;
        record.rdata = read_opt(record.record_class, ttl_field, rdata);
    } else {
        record.rdata = read_rdata(record.type, record.record_class, rdata);
    }
    message.sections[static_cast<std::size_t>(section)].push_back(std::move(record));
}

void append_header(const Header& header, std::string& out) {
    out += "id ";
    append_number(header.id, out);
    append_field("qr", header.qr, out);
    append_field("opcode", header.opcode, out);
    append_field("aa", header.aa, out);
    append_field("tc", header.tc, out);
    append_field("rd", header.rd, out);
    append_field("ra", header.ra, out);
    append_field("z", header.z, out);
    append_field("ad", header.ad, out);
    append_field("cd", header.cd, out);
    append_field("rcode", header.rcode, out);
    out += '\n';
}

void append_heading(std::string_view name, std::size_t count, std::string& out) {
    out += name;
    out += ' ';
    append_number(count, out);
    out += '\n';
}

void append_question(const Question& question, std::string& out) {
    append_name(question.name, out);
    out += ' ';
    append_class(question.question_class, out);
    out += ' ';
    append_type(question.type, out);
    out += '\n';
}

void append_record(const Record& record, std::string& out) {
    append_name(record.owner, out);
    out += ' ';
    if (record.type != type::kOpt) {
        append_number(record.ttl, out);
        out += ' ';
        append_class(record.record_class, out);
        out += ' ';
    }
    append_type(record.type, out);
    out += ' ';
    record.rdata->append_text(out);
    out += '\n';
}

}  // namespace

/// Reads a whole message; the first item in wire order that offends rejects it.
Message read_message(Octets octets) {
    Reader reader(octets);
    Message message;
    message.header = read_header(reader);
    check_counts(message.header, reader.remaining());
    const auto& counts = message.header.counts;
    message.questions.reserve(counts[0]);
    for (std::size_t i = 0; i < counts[0]; ++i) message.questions.push_back(read_question(reader));
    for (const Section section : kSections) {
        const std::size_t index = static_cast<std::size_t>(section);
        message.sections[index].reserve(counts[index + 1]);
        for (std::size_t i = 0; i < counts[index + 1]; ++i) read_record(reader, section, message);
    }
    reader.expect_end();
    return message;
}

/// Over all records but OPT, whose TTL field is no time.
std::uint64_t ttl_sum(const Message& message) {
    std::uint64_t sum = 0;
    for (const std::vector<Record>& section : message.sections) {
        for (const Record& record : section) {
            if (record.type != type::kOpt) sum += record.ttl;
        }
    }
    return sum;
}

void append_message(const Message& message, std::string& out) {
    append_header(message.header, out);
    append_heading("question", message.questions.size(), out);
    for (const Question& question : message.questions) append_question(question, out);
    for (std::size_t i = 0; i < message.sections.size(); ++i) {
        append_heading(kSectionNames[i], message.sections[i].size(), out);
        for (const Record& record : message.sections[i]) append_record(record, out);
    }
    append_heading("ttl-sum", ttl_sum(message), out);
}

}  // namespace dns
