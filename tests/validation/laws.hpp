// The simulated TCP beside what is known of TCP on paper: a markdown table each.
#pragma once

#include "tests/validation/group.hpp"

namespace dispatch::validation {

// Reno under independent losses beside the square-root law of Mathis et al. (1997), with the
// constant for receivers that every acknowledgment lets grow (Linux counts segments, not
// acknowledgments), and beside PFTK (Padhye et al., 1998), which knows of time-outs, and of no
// SACK.
void compare_square_root_law(Group& group);

// CUBIC's average window where one packet in so many is lost (RFC 9438 5.1), outside its
// Reno-friendly region.
void compare_cubic_window(Group& group);

// Flows that share a link: Jain's index of their goodputs. The errors are what is missing to 1.
void compare_shares(Group& group);

}  // namespace dispatch::validation
