#include "engine/net/async.hpp"

#include <boost/system/system_error.hpp>

namespace dispatch::net {

bool is_cancellation(std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const boost::system::system_error& error) {
    return is_cancelled(error.code());
  } catch (...) {
    return false;
  }
}

}  // namespace dispatch::net
