// Heads: what is let in, and what is not.

#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_head_scanner.hpp"
#include "engine/proxy/http_target.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace dispatch::proxy::http {
BOOST_AUTO_TEST_SUITE(http_head)
namespace {

// The status that a request's head is refused with; 0: it is let in, with its framing.
unsigned refused_with(std::string_view text) {
  HeadScanner scanner;
  const auto progress = scanner.scan(text);
  if (progress == Progress::invalid) return scanner.fault().status;
  BOOST_REQUIRE((progress == Progress::complete));
  const auto head = parse_request_head(text.substr(0, scanner.size()));
  if (!head) return head.error().status;
  const auto framing = framing_of(*head);
  if (!framing) return framing.error().status;
  const auto host = check_host(*head);
  return host ? 0 : host.error().status;
}

// Of a POST with these fields beside Host.
unsigned refused_for(std::string_view fields) {
  return refused_with("POST http://x/ HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n");
}

Framing framing_for(std::string_view fields) {
  const auto head =
      parse_request_head("POST http://x/ HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n");
  BOOST_REQUIRE(head.has_value());
  const auto framing = framing_of(*head);
  BOOST_REQUIRE(framing.has_value());
  return *framing;
}

Checked<Framing> framing_of_response(std::string_view text, std::string_view method = "GET") {
  const auto head = parse_response_head(text);
  BOOST_REQUIRE(head.has_value());
  return framing_of(*head, method);
}

BOOST_AUTO_TEST_CASE(ordinary_heads_are_let_in) {
  BOOST_TEST(refused_for("") == 0u);
  BOOST_TEST(refused_for("X-Empty:\r\nX-Tab:\ta\tb \r\nX-Text: \xc3\xa9\r\n") == 0u);
  BOOST_TEST(refused_with("GET http://x/ HTTP/1.0\r\n\r\n") == 0u);
  BOOST_TEST(refused_with("M-SEARCH http://x/ HTTP/1.1\r\nhOST: x:8080\r\n\r\n") == 0u);
}

BOOST_AUTO_TEST_CASE(a_head_is_complete_with_its_empty_line_wherever_it_was_cut) {
  const std::string text = "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\nrest";
  HeadScanner scanner;
  for (std::size_t size = 0; size != text.size() - 4; ++size) {
    BOOST_TEST((scanner.scan(text.substr(0, size)) == Progress::incomplete), size);
  }
  BOOST_TEST((scanner.scan(text) == Progress::complete));
  BOOST_TEST(scanner.size() == text.size() - 4);
}

BOOST_AUTO_TEST_CASE(a_line_that_ends_with_one_character_only_is_refused_at_once) {
  for (const auto* each : {"GET http://x/ HTTP/1.1\n", "GET http://x/ HTTP/1.1\rH"}) {
    BOOST_TEST(refused_with(each) == 400u, each);
  }
  for (const auto* each : {"X-A: 1\nX-B: 2\r\n", "X-A: 1\rX-B: 2\r\n", "X-A: 1\r\r\n"}) {
    BOOST_TEST(refused_for(each) == 400u, each);
  }
}

BOOST_AUTO_TEST_CASE(control_characters_are_refused) {
  BOOST_TEST(refused_for(std::string_view("X-A: a\0b\r\n", 10)) == 400u);
  for (const auto* each : {"X-A: a\x7f\r\n", "X-A: a\x0b\r\n"}) {
    BOOST_TEST(refused_for(each) == 400u, each);
  }
}

BOOST_AUTO_TEST_CASE(a_folded_line_is_refused) {
  for (const auto* each : {"X-A: 1\r\n 2\r\n", "X-A: 1\r\n\tTransfer-Encoding: chunked\r\n"}) {
    BOOST_TEST(refused_for(each) == 400u, each);
  }
  BOOST_TEST(refused_with("GET http://x/ HTTP/1.1\r\n Host: x\r\n\r\n") == 400u);
}

BOOST_AUTO_TEST_CASE(white_space_before_the_colon_is_refused) {
  for (const auto* each : {"Content-Length : 5\r\n", "Transfer-Encoding\t: chunked\r\n"}) {
    BOOST_TEST(refused_for(each) == 400u, each);
  }
}

BOOST_AUTO_TEST_CASE(a_field_needs_a_name_and_a_colon) {
  for (const auto* each : {"no colon\r\n", ": value\r\n", "X(A): 1\r\n"}) {
    BOOST_TEST(refused_for(each) == 400u, each);
  }
}

BOOST_AUTO_TEST_CASE(content_length_and_transfer_encoding_together_are_refused) {
  for (const auto* each : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                           "Transfer-Encoding: identity\r\nContent-Length: 5\r\n"}) {
    BOOST_TEST(refused_for(each) == 400u, each);
  }
}

BOOST_AUTO_TEST_CASE(content_lengths_must_be_one_number) {
  for (const auto* each :
       {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n"}) {
    BOOST_TEST(refused_for(each) == 400u, each);
  }
  for (const auto* value : {"", "-1", "+5", "5 5", "0x5", "5;", "99999999999999999999", ","}) {
    BOOST_TEST(refused_for("Content-Length: " + std::string(value) + "\r\n") == 400u, value);
  }
  BOOST_TEST(
      (framing_for("Content-Length: 5\r\nContent-Length: 5\r\n") == Framing{BodyKind::length, 5}));
}

BOOST_AUTO_TEST_CASE(a_transfer_encoding_that_is_not_chunked_alone_is_refused) {
  BOOST_TEST((framing_for("Transfer-Encoding: Chunked\r\n") == Framing{BodyKind::chunked, 0}));
  for (const auto* each : {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, gzip\r\n",
                           "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: \"chunked\"\r\n",
                           "Transfer-Encoding: chunked, chunked\r\n",
                           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
    BOOST_TEST(refused_for(each) == 400u, each);
  }
  BOOST_TEST(refused_for("Transfer-Encoding: gzip, chunked\r\n") == 501u);
  BOOST_TEST(refused_with("POST http://x/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400u);
}

BOOST_AUTO_TEST_CASE(http_1_1_needs_one_host_that_can_be) {
  BOOST_TEST(refused_with("GET http://x/ HTTP/1.1\r\n\r\n") == 400u);
  BOOST_TEST(refused_for("Host: y\r\n") == 400u);
  for (const auto* each : {"GET http://x/ HTTP/1.1\r\nHost: x y\r\n\r\n",
                           "GET http://x/ HTTP/1.1\r\nHost: x@y\r\n\r\n",
                           "GET http://x/ HTTP/1.1\r\nHost: x:y\r\n\r\n"}) {
    BOOST_TEST(refused_with(each) == 400u, each);
  }
  BOOST_TEST(refused_with("CONNECT x:443 HTTP/1.1\r\n\r\n") == 0u);
}

BOOST_AUTO_TEST_CASE(other_versions_are_refused_by_name) {
  BOOST_TEST(refused_with("PRI * HTTP/2.0\r\n\r\n") == 505u);
  BOOST_TEST(refused_with("GET http://x/\r\n\r\n") == 400u);
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_refused_before_it_has_all_come) {
  BOOST_TEST(refused_with("GET http://x/" + std::string(kStartLineSizeMax, 'a')) == 414u);
  BOOST_TEST(refused_with("GET http://x/ HTTP/1.1\r\nX: " + std::string(kHeadSizeMax, 'a')) ==
             431u);
}

BOOST_AUTO_TEST_CASE(responses_are_framed_by_status_method_and_fields) {
  const auto kind = [](const Checked<Framing>& framing) {
    BOOST_REQUIRE(framing.has_value());
    return framing->kind;
  };
  const std::string with_length = "Content-Length: 5\r\n\r\n";
  BOOST_TEST((kind(framing_of_response("HTTP/1.1 200 OK\r\n" + with_length)) == BodyKind::length));
  BOOST_TEST(
      (kind(framing_of_response("HTTP/1.1 200 OK\r\n" + with_length, "HEAD")) == BodyKind::none));
  BOOST_TEST((kind(framing_of_response("HTTP/1.1 204 x\r\n" + with_length)) == BodyKind::none));
  BOOST_TEST((kind(framing_of_response("HTTP/1.1 304 x\r\n" + with_length)) == BodyKind::none));
  BOOST_TEST((kind(framing_of_response("HTTP/1.1 200 OK\r\n\r\n")) == BodyKind::until_close));
  BOOST_TEST(!framing_of_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"));
  BOOST_TEST(!framing_of_response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(absolute_forms_name_a_host_a_port_and_a_path) {
  const auto parsed = parse_absolute_form("GET", "HTTP://www.example:8080/a?b");
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST((parsed->target == Target{std::string("www.example"), 8080}));
  BOOST_TEST(parsed->authority == "www.example:8080");
  BOOST_TEST(parsed->origin_form == "/a?b");
  BOOST_TEST(parse_absolute_form("GET", "http://x")->origin_form == "/");
  BOOST_TEST(parse_absolute_form("GET", "http://x?q")->origin_form == "/?q");
  BOOST_TEST(parse_absolute_form("OPTIONS", "http://x")->origin_form == "*");
  const auto v6 = parse_absolute_form("GET", "http://[2001:db8::1]/");
  BOOST_REQUIRE(v6.has_value());
  BOOST_TEST((v6->target == Target{net::parse_address("2001:db8::1").value(), 80}));
  BOOST_TEST(v6->authority == "[2001:db8::1]");
}

BOOST_AUTO_TEST_CASE(absolute_forms_that_cannot_be_served_are_told_apart) {
  const auto status = [](std::string_view uri) {
    const auto parsed = parse_absolute_form("GET", uri);
    BOOST_REQUIRE(!parsed);
    return parsed.error().status;
  };
  BOOST_TEST(status("https://x/") == 400u);
  BOOST_TEST(status("ftp://x/") == 501u);
  for (const auto* uri :
       {"x", "http://", "http:///a", "http://:80/", "http://x:0/", "http://x:65536/", "http://x:a/",
        "http://user@x/", "http://user:pass@x/", "http://x/#a", "http://2001:db8::1/",
        "http://[x]/", "http://[::1/", "http://x y/", "http://x\\y/", "http://[192.0.2.1]/"}) {
    BOOST_TEST(status(uri) == 400u, uri);
  }
}

BOOST_AUTO_TEST_CASE(connect_takes_a_host_and_a_port) {
  BOOST_TEST((*parse_authority_form("www.example:443") == Target{std::string("www.example"), 443}));
  BOOST_TEST((*parse_authority_form("[2001:db8::1]:443") ==
              Target{net::parse_address("2001:db8::1").value(), 443}));
  for (const auto* text : {"", "x", "x:", ":443", "x:0", "x:65536", "x:443/", "http://x:443",
                           "2001:db8::1:443", "[2001:db8::1]", "[2001:db8::1]443", "u@x:443"}) {
    BOOST_TEST(!parse_authority_form(text), text);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy::http
