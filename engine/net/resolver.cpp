#include "engine/net/resolver.hpp"

namespace dispatch::net {
namespace {

class ResolveCategory : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "dispatch.resolve"; }

  std::string message(int value) const override {
    switch (static_cast<ResolveError>(value)) {
      case ResolveError::not_found:
        return "no such name (NXDOMAIN)";
      case ResolveError::no_data:
        return "the name has no address of a usable family";
      case ResolveError::server_failure:
        return "the name server failed (SERVFAIL)";
      case ResolveError::timed_out:
        return "no name server answered in time";
      case ResolveError::bad_name:
        return "not a valid host name";
      case ResolveError::unreachable:
        return "no name server can be reached";
    }
    return "unknown name resolution error";
  }
};

}  // namespace

const boost::system::error_category& resolve_category() {
  static const ResolveCategory category;
  return category;
}

}  // namespace dispatch::net
