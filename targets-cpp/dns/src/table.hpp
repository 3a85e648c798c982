// The table of names and types that several threads fill.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "message.hpp"

namespace dns {

/// What one message adds to the table. It owns its text: the message may go.
struct Sightings {
    std::vector<std::string> names;
    std::vector<std::uint16_t> types;
};

Sightings sightings_in(const Message& message);

/// The counts of 256 types with the same upper octet, by the lower one.
using TypeWindow = std::array<std::uint64_t, 256>;

/// Counts do not depend on the order in which the threads come.
class NameTable {
  public:
    void add(Sightings sightings);
    void append_text(std::string& out) const;

  private:
    void count_type(std::uint16_t type);

    mutable std::mutex mutex_;
    std::vector<std::string> names_;  // one for each sighting, unsorted
    // By the upper octet of the type; a window is made when first needed, and few ever are.
    std::array<std::unique_ptr<TypeWindow>, 256> windows_;
};

}  // namespace dns
