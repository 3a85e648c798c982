// llvm-symbolizer for the one thing that sanitizers ask of it, and nothing else: linked statically.
// The package's own program loads libLLVM.so, 120 MB with its relocations, before it answers; every
// report of a replay pays that again. What is printed is LLVM's own printing. Asked for anything
// else, it makes way for the package's program.

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "llvm/DebugInfo/Symbolize/DIPrinter.h"
#include "llvm/DebugInfo/Symbolize/Symbolize.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace {

using llvm::symbolize::LLVMPrinter;
using llvm::symbolize::LLVMSymbolizer;
using llvm::symbolize::Request;

constexpr const char* WHOLE_PROGRAM = "/usr/lib/llvm-22/bin/llvm-symbolizer";

// `CODE "/path/to/module" 0x1f`, as compiler-rt's sanitizer_symbolizer writes it.
struct Question {
    bool data = false;
    std::string module;
    std::uint64_t offset = 0;
};

std::optional<Question> parse(std::string_view line) {
    Question question;
    if (line.starts_with("DATA ")) {
        question.data = true;
    } else if (!line.starts_with("CODE ")) {
        return std::nullopt;
    }
    line.remove_prefix(5);
    const auto last = line.rfind("\" 0x");
    if (!line.starts_with('"') || last == std::string_view::npos || last == 0) return std::nullopt;
    question.module = line.substr(1, last - 1);
    const std::string_view digits = line.substr(last + 4);
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), question.offset, 16);
    if (error != std::errc{} || end != digits.end()) return std::nullopt;
    return question;
}

template <typename Answer>
void print(LLVMPrinter& printer, const Request& request, llvm::Expected<Answer> answer) {
    if (answer) {
        printer.print(request, *answer);
        return;
    }
    bool with_empty = true;
    llvm::handleAllErrors(answer.takeError(), [&](const llvm::ErrorInfoBase& error) {
        with_empty = printer.printError(request, error);
    });
    if (with_empty) printer.print(request, Answer());
}

int serve(const LLVMSymbolizer::Options& options) {
    LLVMSymbolizer symbolizer(options);
    llvm::symbolize::PrinterConfig config{};
    config.PrintFunctions = true;
    const auto told = [](const llvm::ErrorInfoBase& error, llvm::StringRef module) {
        llvm::errs() << "llvm-symbolizer: error: '" << module << "': " << error.message() << '\n';
    };
    LLVMPrinter printer(llvm::outs(), told, config);
    std::string line;
    while (std::getline(std::cin, line)) {
        const std::optional<Question> question = parse(line);
        if (!question) {
            print<llvm::DIInliningInfo>(printer, {line, std::nullopt, {}},
                                        llvm::createStringError("not a sanitizer's question"));
        } else {
            const Request request{question->module, question->offset, {}};
            const llvm::object::SectionedAddress address{
                question->offset, llvm::object::SectionedAddress::UndefSection};
            if (question->data) {
                print(printer, request, symbolizer.symbolizeData(question->module, address));
            } else {
                print(printer, request, symbolizer.symbolizeInlinedCode(question->module, address));
            }
        }
        llvm::outs().flush();
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    LLVMSymbolizer::Options options;
    options.UntagAddresses = true;  // the whole program's default
    for (int at = 1; at < argc; ++at) {
        const std::string_view asked = argv[at];
        if (asked == "--demangle" || asked == "--inlines") continue;
        if (asked.starts_with("--default-arch=")) {
            options.DefaultArch = asked.substr(std::string_view("--default-arch=").size());
            continue;
        }
        argc = 1;  // not a sanitizer's question
    }
    if (argc < 2) {
        execv(WHOLE_PROGRAM, argv);
        std::perror(WHOLE_PROGRAM);
        return 127;
    }
    return serve(options);
}
