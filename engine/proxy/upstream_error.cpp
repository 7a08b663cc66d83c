#include "engine/proxy/upstream_error.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
namespace {

class UpstreamCategory : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "dispatch.upstream"; }

  std::string message(int value) const override {
    switch (static_cast<UpstreamError>(value)) {
      case UpstreamError::unreachable:
        return "the upstream proxy cannot be reached";
      case UpstreamError::silent:
        return "the upstream proxy did not answer in time";
      case UpstreamError::closed:
        return "the upstream proxy closed the connection";
      case UpstreamError::not_a_proxy:
        return "the upstream's answer is not one of its protocol";
      case UpstreamError::not_authorized:
        return "the upstream proxy refuses this user or password";
      case UpstreamError::refused:
        return "the upstream proxy does not allow this target";
      case UpstreamError::failed:
        return "the upstream proxy could not reach the target";
    }
    return "unknown error of an upstream proxy";
  }

  boost::system::error_condition default_error_condition(int value) const noexcept override {
    namespace errc = boost::system::errc;
    switch (static_cast<UpstreamError>(value)) {
      case UpstreamError::unreachable:
        return errc::make_error_condition(errc::network_unreachable);
      case UpstreamError::silent:
        return errc::make_error_condition(errc::timed_out);
      case UpstreamError::refused:
        return errc::make_error_condition(errc::permission_denied);
      default:
        return {value, *this};
    }
  }
};

}  // namespace

const boost::system::error_category& upstream_category() {
  static const UpstreamCategory category;
  return category;
}

}  // namespace dispatch::proxy
