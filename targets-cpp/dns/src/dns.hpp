// The two functions of the library: octets in, canonical text out (docs/canonical-text.md).
#pragma once

#include <string>

#include "wire.hpp"

namespace dns {

std::string describe_message(Octets octets);
std::string describe_stream(Octets stream);

}  // namespace dns
