// The head of an HTTP/1.1 message (RFC 9112 2.1): its start line and its fields, as values.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::proxy::http {

// What is wrong with a message, and the status that says so to a client that sent it.
struct Fault {
  unsigned status = 400;
  std::string why;  // a line for people: no capital at its front, no stop at its end
};

template <typename T>
using Checked = boost::system::result<T, Fault>;

// Names of fields, codings and connection options are compared so (ASCII only).
bool equal_ignoring_case(std::string_view a, std::string_view b);

// token of RFC 9110 5.6.2: methods and field names.
bool is_token_character(char c);

// Whether a client's first octet can be that of a request: of a method, or of an empty line before
// it (RFC 9112 2.2).
inline bool may_begin_request(int octet) {
  return octet == '\r' || is_token_character(static_cast<char>(octet));
}

// RFC 9110 9.2.2, of the methods that are known: it may be asked twice.
bool is_idempotent(std::string_view method);

struct Field {
  std::string name;
  std::string value;

  friend bool operator==(const Field&, const Field&) = default;
};

// In the order in which they were sent, but that those of one name stand together.
class Fields {
 public:
  void add(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void remove_if(const std::function<bool(const Field&)>& unwanted);

  // The first of that name, or null.
  const std::string* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;

  // The members of the comma-separated lists of all fields of that name (RFC 9110 5.6.1), without
  // empty ones.
  std::vector<std::string_view> members(std::string_view name) const;
  bool has_member(std::string_view name, std::string_view member) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  bool empty() const { return fields_.empty(); }

 private:
  std::vector<Field> fields_;
};

struct RequestHead {
  std::string method;
  std::string target;
  unsigned minor_version = 1;  // HTTP/1.x
  Fields fields;
};

struct ResponseHead {
  unsigned status = 0;
  std::string reason;
  unsigned minor_version = 1;
  Fields fields;
};

// A whole head, up to and with its empty line, that HeadScanner has found complete. The faults are
// of syntax only, see http_framing.hpp and http_target.hpp for the meaning.
Checked<RequestHead> parse_request_head(std::string_view text);
Checked<ResponseHead> parse_response_head(std::string_view text);
Checked<Fields> parse_fields(std::string_view text);  // without a start line: trailers

// As it is sent, always as HTTP/1.1 (RFC 9110 6.2: the version is each sender's own).
std::string to_text(const RequestHead& head);
std::string to_text(const ResponseHead& head);
std::string to_text(const Fields& fields);  // each with its line's end, no empty line

}  // namespace dispatch::proxy::http
