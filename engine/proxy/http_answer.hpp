// What the proxy itself answers.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/proxy/http_head.hpp"

#include <string>
#include <string_view>

namespace dispatch::proxy::http {

struct Answer {
  unsigned status = 500;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  Fields fields;  // beside those that every answer has
};

// A line of text that says why.
Answer answer_for(const Fault& fault);

// 407, with what is asked for (RFC 9110 15.5.8).
Answer answer_without_authorization();

// Why `target` cannot be reached: 502 where it, or the way to it, said no; 503 where there is no
// link or no address to try; 504 where nothing was heard; 403 where it is not allowed.
Answer answer_for(const std::string& target, const net::Error& error);

// OPTIONS of the proxy itself.
Answer answer_to_options();

// For someone who opened the proxy's address `local` as if it were a web site: what it is and how
// to use it, as a page by itself.
Answer help_page(unsigned status, const net::Endpoint& local);

// As it is sent; `without_body` for HEAD.
std::string to_text(const Answer& answer, bool without_body, bool close);

// RFC 9110 15; the class's name where the code is not known here.
std::string_view reason_of(unsigned status);

}  // namespace dispatch::proxy::http
