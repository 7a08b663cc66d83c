// Where the usage of links is kept over restarts.
#pragma once

#include <optional>
#include <string>

namespace dispatch::link {

class UsageStore {
 public:
  virtual ~UsageStore() = default;

  // What was saved last; empty: nothing. Once, before the first save().
  virtual std::string load() = 0;
  // It was not what save() had been given: it is put aside, and people can look at it.
  virtual void put_aside() = 0;

  // Of several in a row, the last one counts. Does not wait; what has been given is safe a moment
  // later, or when this is destroyed.
  virtual void save(std::string text) = 0;

  // What went wrong, or that it works again, in one line for people; once for each change.
  virtual std::optional<std::string> news() = 0;
};

}  // namespace dispatch::link
