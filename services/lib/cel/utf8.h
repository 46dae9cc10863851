// UTF-8, as far as the expression language needs it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace expertline::cel {

// Bytes at the front of the text that are UTF-8 (no overlong forms, no surrogates); text.size() if all are.
size_t utf8_prefix(std::string_view text);

// Code points; a byte that begins none counts as none.
size_t utf8_length(std::string_view text);

// `code` is at most 0x10FFFF.
void utf8_append(std::string& text, uint32_t code);

}  // namespace expertline::cel
