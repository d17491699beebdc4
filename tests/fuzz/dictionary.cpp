// SPDX-License-Identifier: Apache-2.0
// Prints the words of the language, from the tables of its classes, as a libFuzzer dictionary.
#include "dss/registry.hpp"

#include <cstdio>
#include <set>
#include <string>

int main() {
    using namespace gridflock;
    const dss::MemoryFiles none({});
    const dss::Session session(none);
    std::set<std::string> words;
    for (const auto& kind : session.classes()) {
        words.insert("new " + kind->name() + ".");
        for (const std::string& property : kind->properties()) words.insert(property + "=");
    }
    for (const std::string& command : dss::command_names()) words.insert(command + " ");
    for (const std::string& option : dss::option_names()) words.insert("set " + option + "=");
    for (const char* more : {"new circuit.",
                             "like=",
                             "bus1=a.1.2.3",
                             "bus2=b.1.2.3",
                             "bus=a",
                             "buses=[a b]",
                             "kvs=[4.16 0.48]",
                             "conns=[delta wye]",
                             "[1 | 2 3 | 4 5 6]",
                             "(8 1000 /)",
                             "(file=data.csv)",
                             "(dblfile=data.dbl)",
                             "(sngfile=data.sng)",
                             "column=2",
                             "header=yes",
                             "redirect part.dss",
                             "redirect more\\self",
                             "buscoords coords.csv",
                             "zipv=[.5 .3 .2 .5 .3 .2 .8]",
                             "conn=delta",
                             "units=km",
                             "switch=y",
                             "phases=1",
                             "model=8",
                             "@a",
                             "var @a=",
                             "sqrt",
                             "sqr",
                             "inv",
                             "pi",
                             "rollup",
                             "rolldn",
                             "swap",
                             "atan2",
                             "^",
                             "1e99",
                             "-1",
                             ".0",
                             "|",
                             "~ ",
                             "!",
                             "//",
                             "/*",
                             "*/",
                             "\n"})
        words.insert(more);
    for (const std::string& word : words) {
        std::string text;
        for (const char c : word)
            text += c == '\n' ? "\\x0A"
                              : (c == '\\' || c == '"' ? std::string("\\") + c : std::string(1, c));
        std::printf("\"%s\"\n", text.c_str());
    }
}
