#include "table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "text.hpp"
#include "types.hpp"

namespace dns {

namespace {

struct NameCount {
    std::string name;
    std::uint64_t count = 0;
};

struct TypeCount {
    std::uint16_t type = 0;
    std::uint64_t count = 0;
};

/// Sorts, then makes one entry of each run of equal names.
std::vector<NameCount> count_names(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    std::vector<NameCount> counts;
    for (std::string& name : names) {
        if (counts.empty() || counts.back().name != name) counts.push_back({std::move(name), 0});
        ++counts.back().count;
    }
    return counts;
}

void collect_types(std::size_t upper, const TypeWindow& window, std::vector<TypeCount>& counts) {
    for (std::size_t lower = 0; lower < window.size(); ++lower) {
        if (window[lower] == 0) continue;
        counts.push_back({static_cast<std::uint16_t>(upper << 8 | lower), window[lower]});
    }
}

void append_name_counts(const std::vector<NameCount>& counts, std::string& out) {
    out += "names ";
    append_number(counts.size(), out);
    out += '\n';
    for (const NameCount& entry : counts) {
        out += entry.name;
        out += ' ';
        append_number(entry.count, out);
        out += '\n';
    }
}

void append_type_counts(const std::vector<TypeCount>& counts, std::string& out) {
    out += "types ";
    append_number(counts.size(), out);
    out += '\n';
    for (const TypeCount& entry : counts) {
        append_type(entry.type, out);
        out += ' ';
        append_number(entry.count, out);
        out += '\n';
    }
}

}  // namespace

Sightings sightings_in(const Message& message) {
    Sightings sightings;
    for (const Question& question : message.questions) {
        sightings.names.push_back(lower_text(question.name));
    }
    for (const std::vector<Record>& section : message.sections) {
        for (const Record& record : section) {
            sightings.names.push_back(lower_text(record.owner));
            sightings.types.push_back(record.type);
        }
    }
    return sightings;
}

/// Takes over the names of one message, in one step under the lock.
void NameTable::add(Sightings sightings) {
    const std::lock_guard lock(mutex_);
    names_.insert(names_.end(), std::make_move_iterator(sightings.names.begin()),
                  std::make_move_iterator(sightings.names.end()));
    for (const std::uint16_t type : sightings.types) count_type(type);
}

/// The caller holds the lock.
void NameTable::count_type(std::uint16_t type) {
    std::unique_ptr<TypeWindow>& window = windows_[type >> 8];
    if (window == nullptr) window = std::make_unique<TypeWindow>();
    ++(*window)[type & 0xff];
}

void NameTable::append_text(std::string& out) const {
    const std::lock_guard lock(mutex_);
    append_name_counts(count_names(names_), out);
    std::vector<TypeCount> types;
    for (std::size_t upper = 0; upper < windows_.size(); ++upper) {
        if (windows_[upper] != nullptr) collect_types(upper, *windows_[upper], types);
    }
    append_type_counts(types, out);
}

}  // namespace dns
