// Python objects in the hands of C++ that does not hold the interpreter's lock.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <utility>

namespace dispatch::bindings {

// May be copied, moved and dropped without the lock, on any thread: the last one takes it.
class Held {
 public:
  Held() = default;
  // With the lock.
  explicit Held(pybind11::object object)
      : object_(new pybind11::object(std::move(object)), [](pybind11::object* dropped) {
          const pybind11::gil_scoped_acquire acquired;
          delete dropped;
        }) {}

  explicit operator bool() const { return object_ != nullptr; }
  // With the lock. Not of an empty one.
  const pybind11::object& get() const { return *object_; }

 private:
  std::shared_ptr<pybind11::object> object_;
};

}  // namespace dispatch::bindings
