// One question about a name, put through one way out after another until one has an answer.
#pragma once

#include "engine/net/runtime.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::proxy {

// How a link's questions leave the host: with its address of either family, since its servers may
// have one family only. The second is taken where the first reaches none of them. Never empty.
using Way = std::vector<net::Egress>;

struct NameQuestion {
  std::string name;  // never an address literal
  net::Family family = net::Family::v4;
  // The chosen link's first; never empty. Further ones are for when that one's servers are silent.
  std::vector<Way> ways;
};

struct NameLookupOptions {
  // A way that has not answered for so long is helped by the next one, and may still answer first.
  net::Duration slow_lookup = std::chrono::seconds(1);
  // For all ways together. Resolvers give up before; one that does not must not keep those who ask
  // for the name, now and later, waiting for ever.
  net::Duration timeout = std::chrono::minutes(1);
  // A way whose servers were silent so often in a row, while those of another answered, is asked
  // last for a while.
  int silences_max = 2;
  net::Duration silent_for = std::chrono::seconds(30);
};

// Remembers which ways have servers that answer.
class NameLookup {
 public:
  using Answer = net::Result<std::vector<net::ResolvedAddress>>;

  NameLookup(net::Runtime& runtime, NameLookupOptions options)
      : runtime_(runtime), options_(options) {}

  // What the first way says that answers: addresses, "no such name", or "no address of this
  // family". A failing server is no answer: the next way is asked at once, and its
  // word counts only where the others fail or stay silent. Errors: ResolveError,
  // the most telling one of all ways (timed_out where all are silent); operation_aborted.
  net::Task<Answer> ask(NameQuestion question);

 private:
  struct Silence {
    int count = 0;  // in a row
    net::TimePoint until = net::TimePoint::min();
  };
  struct Asking;
  using WayKey = std::pair<std::string, std::string>;  // source, device

  static WayKey key_of(const Way& way);
  net::Task<void> ask_ways(Asking& asking);
  net::Task<void> ask_until_answered(Asking& asking);
  net::Task<void> ask_one(Asking& asking, std::size_t way);
  void put_silent_ways_last(std::vector<Way>& ways) const;
  void remember(const Asking& asking);

  net::Runtime& runtime_;
  NameLookupOptions options_;
  std::map<WayKey, Silence> silences_;
};

}  // namespace dispatch::proxy
