#include "engine/proxy/http_answer.hpp"

#include "engine/net/resolver.hpp"
#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/http_authorization.hpp"
#include "engine/proxy/routes.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

namespace dispatch::proxy::http {
namespace {

namespace errc = boost::system::errc;

unsigned status_for(const net::Error& error) {
  using net::ResolveError;
  if (error == errc::timed_out || error == ResolveError::timed_out) return 504;
  if (error.category() == net::resolve_category() || error == RouteError::full ||
      error == RouteError::spent || error == RouteError::target_full ||
      error == RouteError::switched_off || is_exhaustion(error))
    return 503;
  if (error == errc::address_family_not_supported || error == errc::network_unreachable ||
      error == errc::network_down || error == errc::address_not_available ||
      error == errc::no_such_device) {
    return 503;
  }
  if (error == errc::permission_denied || error == errc::operation_not_permitted) return 403;
  return 502;
}

}  // namespace

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return status < 500 ? "Bad Request" : "Internal Server Error";
  }
}

Answer answer_for(const Fault& fault) {
  Answer answer;
  answer.status = fault.status;
  answer.body = fmt::format("dispatch: {}\n", fault.why);
  return answer;
}

Answer answer_without_authorization() {
  auto answer = answer_for(Fault{407, "this proxy asks for a name and a password"});
  answer.fields.add("Proxy-Authenticate", kChallenge);
  return answer;
}

Answer answer_for(const std::string& target, const net::Error& error) {
  return answer_for(Fault{status_for(error), fmt::format("{}: {}", target, explain(error))});
}

Answer answer_to_options() {
  Answer answer;
  answer.status = 200;
  answer.fields.add("Allow", "CONNECT, GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
  return answer;
}

Answer help_page(unsigned status, const net::Endpoint& local) {
  const auto proxy = net::to_string(local);
  Answer answer;
  answer.status = status;
  answer.type = "text/html; charset=utf-8";
  answer.body = fmt::format(
      R"(<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>dispatch</title>
<style>body {{ max-width: 44em; margin: 3em auto; padding: 0 1em; font: 16px/1.5 sans-serif }}</style>
<h1>dispatch</h1>
<p>This is a proxy that spreads connections over several internet links, not a web site. Point
programs at it:</p>
<ul>
<li>Browsers: in the network settings, HTTP and HTTPS proxy <code>{0}</code>, or SOCKS5 host
<code>{0}</code>.</li>
<li>Command line: <code>export http_proxy=http://{0} https_proxy=http://{0}</code></li>
<li>curl: <code>curl -x http://{0} https://example.com/</code> or
<code>curl -x socks5h://{0} https://example.com/</code></li>
</ul>
</html>
)",
      proxy);
  return answer;
}

std::string to_text(const Answer& answer, bool without_body, bool close) {
  ResponseHead head{answer.status, std::string(reason_of(answer.status)), 1, answer.fields};
  head.fields.add("Content-Type", answer.type);
  head.fields.add("Content-Length", fmt::format("{}", answer.body.size()));
  head.fields.add("Cache-Control", "no-store");
  head.fields.add("X-Content-Type-Options", "nosniff");
  if (close) head.fields.add("Connection", "close");
  return to_text(head) + (without_body ? std::string() : answer.body);
}

}  // namespace dispatch::proxy::http
