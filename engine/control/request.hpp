// The language of the control socket: a request a line, and for each a line of answer, both JSON.
//
//     {"do": "status"}                                     {"version": ..., "links": [...], ...}
//     {"do": "history"}                                    {"interval_s": 1, "links": [...]}
//     {"do": "connections", "most": 100}                   {"connections": [...]}
//     {"do": "link", "name": "wifi", "enabled": false}     {"done": "wifi is off"}
//     {"do": "link", "name": "wifi", "weight": 3}          {"done": "wifi has weight 3"}
//     {"do": "reload"}                                     {"done": "..."}
//
// What cannot be done is answered with {"error": "one line"}.
#pragma once

#include "engine/control/controller.hpp"

#include <string>

namespace dispatch::control {

inline constexpr std::size_t kRequestSizeMax = 4096;
inline constexpr std::size_t kConnectionsMax = 10'000;  // listed in one answer

// Without the line's end, both. Never fails: errors are answers.
net::Task<std::string> answer(Controller& controller, std::string request);

}  // namespace dispatch::control
