#include "cli/stream_figures.hpp"

#include "cli/table.hpp"
#include "cli/units.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <chrono>

namespace dispatch::cli {
namespace {

namespace json = boost::json;

double seconds(net::Duration span) {
  return std::chrono::duration<double>(span).count();
}

std::string rate_text(std::uint64_t bytes, net::Duration span) {
  if (span <= net::Duration::zero()) return "-";
  return format_bytes(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds(span))) +
         "/s";
}

std::string loss_text(const stream::Figures& figures) {
  return fmt::format(
      "{} ({})", figures.lost,
      figures.lost == 0 ? "0 %" : format_share(figures.lost, figures.lost + figures.datagrams));
}

stream::Figures sum(std::span<const stream::EndpointFigures> figures, bool inputs) {
  stream::Figures all;
  for (const auto& each : figures) {
    if (each.is_input == inputs) all += each.figures;
  }
  return all;
}

json::object as_json(const stream::EndpointFigures& each, net::Duration span) {
  const auto& figures = each.figures;
  const auto rate =
      span > net::Duration::zero() ? static_cast<double>(figures.bytes) / seconds(span) : 0.0;
  return {{"endpoint", each.name},           {"direction", each.is_input ? "in" : "out"},
          {"datagrams", figures.datagrams},  {"bytes", figures.bytes},
          {"bytes_per_second", rate},        {"lost", figures.lost},
          {"lost_bytes", figures.lost_bytes}};
}

}  // namespace

std::string stream_summary(std::span<const stream::EndpointFigures> figures, net::Duration span) {
  Table table({{"", Align::left},
               {"ENDPOINT", Align::left},
               {"DATAGRAMS", Align::right},
               {"BYTES", Align::right},
               {"RATE", Align::right},
               {"LOST", Align::right}});
  for (const auto& each : figures) {
    table.add({each.is_input ? "in" : "out", each.name, std::to_string(each.figures.datagrams),
               std::to_string(each.figures.bytes), rate_text(each.figures.bytes, span),
               loss_text(each.figures)});
  }
  return table.render();
}

std::string stream_json(std::span<const stream::EndpointFigures> figures, net::Duration span) {
  json::array endpoints;
  for (const auto& each : figures) endpoints.push_back(as_json(each, span));
  return json::serialize(json::object{{"seconds", seconds(span)}, {"endpoints", endpoints}}) + "\n";
}

std::string stream_progress(std::span<const stream::EndpointFigures> before,
                            std::span<const stream::EndpointFigures> now, net::Duration since,
                            net::Duration span) {
  std::string line = fmt::format("{:.0f} s", seconds(span));
  for (const bool inputs : {true, false}) {
    const auto then = sum(before, inputs);
    const auto all = sum(now, inputs);
    line += fmt::format("   {} {}  {}  {} datagrams  lost {}", inputs ? "in" : "out",
                        format_bytes(all.bytes), rate_text(all.bytes - then.bytes, since),
                        all.datagrams, loss_text(all));
  }
  return line;
}

}  // namespace dispatch::cli
