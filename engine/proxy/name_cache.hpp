// Names to addresses, each answer kept for as long as it may be.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/proxy/name_lookup.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

struct NameCacheOptions {
  std::size_t entries_max = 4096;                 // the least recently used one makes room
  net::Duration ttl_max = std::chrono::hours(1);  // a longer TTL is cut down to this
  // How long "no such name" and "no address of this family" are kept. (The seam does not tell the
  // zone's own bound, RFC 2308 section 5.) Failures of servers are not kept.
  net::Duration negative_ttl = std::chrono::seconds(15);
  NameLookupOptions lookup;
};

// An answer belongs to the name, the family and the first way of the question: what one link's
// servers say need not hold for another's. Askers of the same share one question to the servers,
// which goes on when they leave: its answer is kept for those who come. Names are compared without
// case.
class NameCache {
 public:
  using Answer = net::Result<std::vector<net::Address>>;

  NameCache(net::Runtime& runtime, NameCacheOptions options);
  // Cancels what is asked; nothing that it leaves behind refers to it.
  ~NameCache();
  NameCache(const NameCache&) = delete;
  NameCache& operator=(const NameCache&) = delete;

  // At least one address, the best first. Errors: ResolveError, operation_aborted.
  net::Task<Answer> resolve(NameQuestion question);

  // The answer that is kept, if any.
  std::optional<Answer> find(const NameQuestion& question);

  // Whether it is known from any link's servers that the name has no address of `family`.
  bool is_known_to_lack(std::string_view name, net::Family family) const;

  std::size_t size() const;
  std::size_t under_way() const;  // questions

 private:
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace dispatch::proxy
