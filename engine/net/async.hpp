// The vocabulary of asynchronous code over the seam.
//
// A Task reads top to bottom and runs on the executor of the Runtime it was spawned on. Operations
// return Result or Status: an error is a value, never an exception. Exceptions are for bad
// configuration and for bugs, with one exception of Asio's own: once a task has been cancelled,
// its next co_await throws boost::system::system_error(operation_aborted), which unwinds it.
//
// Cancellation is Asio's (per-operation cancellation slots): an operation that is cancelled
// completes with asio::error::operation_aborted and leaves its object usable.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <exception>

namespace dispatch::net {

namespace asio = boost::asio;

using Error = boost::system::error_code;

template <typename T>
using Result = boost::system::result<T, Error>;

// The result of an operation that yields nothing: an Error that is false on success.
using Status = Error;

template <typename T>
using Task = asio::awaitable<T>;

// An errno value as the Error that the kernel would have given (both worlds use it).
inline Error errno_error(int value) {
  return {value, boost::system::system_category()};
}

inline bool is_cancelled(const Error& error) {
  return error == asio::error::operation_aborted;
}

// Whether this is the exception by which a cancelled task unwinds. Not null.
bool is_cancellation(std::exception_ptr exception);

}  // namespace dispatch::net
