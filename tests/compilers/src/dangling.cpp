#include <string>
#include <string_view>

std::string_view name() {
    std::string local = "example";
    return local;
}
