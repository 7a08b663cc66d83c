#include "cli/stream_figures.hpp"

#include "cli/table.hpp"
#include "cli/units.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace dispatch::cli {
namespace {

namespace json = boost::json;

std::string rate_text(std::uint64_t bytes, net::Duration span) {
  if (span <= net::Duration::zero()) return "-";
  return format_bytes(
             static_cast<std::uint64_t>(static_cast<double>(bytes) / net::to_seconds(span))) +
         "/s";
}

// Of at most 30 columns: its front, and its end.
std::string short_name(const std::string& name) {
  constexpr std::size_t kMost = 30;
  constexpr std::size_t kFront = 8;
  constexpr std::string_view kCut = "...";
  if (name.size() <= kMost) return name;
  return name.substr(0, kFront) + std::string(kCut) +
         name.substr(name.size() - (kMost - kFront - kCut.size()));
}

// "99999", "123k", "12M".
std::string short_count(std::uint64_t count) {
  constexpr std::uint64_t kPlain = 100'000;
  constexpr std::string_view kUnits = " kMGT";
  std::size_t unit = 0;
  for (; count >= kPlain && unit + 1 < kUnits.size(); count /= 1000) ++unit;
  return unit == 0 ? std::to_string(count) : fmt::format("{}{}", count, kUnits[unit]);
}

std::string loss_text(std::uint64_t lost, std::uint64_t passed) {
  return fmt::format("{} ({})", lost, lost == 0 ? "0 %" : format_share(lost, lost + passed));
}

std::string loss_share(const stream::Figures& figures) {
  return figures.lost == 0 ? "0 %" : format_share(figures.lost, figures.lost + figures.datagrams);
}

// What the same endpoint had passed then; 0: it was not there.
std::uint64_t bytes_of(std::span<const stream::EndpointFigures> then,
                       const stream::EndpointFigures& endpoint) {
  const auto found = std::find_if(then.begin(), then.end(), [&](const auto& each) {
    return each.is_input == endpoint.is_input && each.name == endpoint.name;
  });
  return found == then.end() ? 0 : std::min(found->figures.bytes, endpoint.figures.bytes);
}

std::string stream_table(const StreamFigures& figures) {
  Table table({{"STREAM", Align::left},
               {"RECEIVED", Align::right},
               {"LOST", Align::right},
               {"REORDERED", Align::right},
               {"TWICE", Align::right},
               {"REPAIRED", Align::right}});
  for (const auto& [number, each] : figures.streams) {
    table.add({std::to_string(number), std::to_string(each.received),
               loss_text(each.lost, each.received), std::to_string(each.reordered),
               std::to_string(each.duplicates), std::to_string(each.repaired)});
  }
  return table.render();
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
  const auto rate = span > net::Duration::zero()
                        ? static_cast<double>(figures.bytes) / net::to_seconds(span)
                        : 0.0;
  return {{"endpoint", each.name},           {"direction", each.is_input ? "in" : "out"},
          {"datagrams", figures.datagrams},  {"bytes", figures.bytes},
          {"bytes_per_second", rate},        {"lost", figures.lost},
          {"lost_bytes", figures.lost_bytes}};
}

}  // namespace

std::string stream_summary(const StreamFigures& figures) {
  Table table({{"", Align::left},
               {"ENDPOINT", Align::left},
               {"DATAGRAMS", Align::right},
               {"BYTES", Align::right},
               {"RATE", Align::right},
               {"LOST", Align::right}});
  for (const auto& each : figures.endpoints) {
    table.add({each.is_input ? "in" : "out", short_name(each.name),
               std::to_string(each.figures.datagrams), std::to_string(each.figures.bytes),
               rate_text(each.figures.bytes, figures.span),
               loss_text(each.figures.lost, each.figures.datagrams)});
  }
  auto text = table.render();
  if (!figures.streams.empty()) text += stream_table(figures);
  if (figures.strangers != 0) {
    text += format_count(figures.strangers, "datagram") + " came that had no frame's header\n";
  }
  if (figures.sent_again != 0) {
    text += format_count(figures.sent_again, "frame") + " sent again to receivers that asked\n";
  }
  return text;
}

std::string stream_json(const StreamFigures& figures) {
  json::array endpoints;
  for (const auto& each : figures.endpoints) endpoints.push_back(as_json(each, figures.span));
  json::array streams;
  for (const auto& [number, each] : figures.streams) {
    streams.push_back(json::object{{"stream", number},
                                   {"received", each.received},
                                   {"lost", each.lost},
                                   {"reordered", each.reordered},
                                   {"duplicates", each.duplicates},
                                   {"repaired", each.repaired}});
  }
  return json::serialize(json::object{{"seconds", net::to_seconds(figures.span)},
                                      {"endpoints", endpoints},
                                      {"streams", streams},
                                      {"unframed", figures.strangers},
                                      {"sent_again", figures.sent_again}}) +
         "\n";
}

std::vector<std::string> stream_progress(std::span<const stream::EndpointFigures> before,
                                         std::span<const stream::EndpointFigures> now,
                                         net::Duration since, net::Duration span,
                                         std::size_t most) {
  auto total = fmt::format("{:.0f} s", net::to_seconds(span));
  for (const bool inputs : {true, false}) {
    const auto then = sum(before, inputs);
    const auto all = sum(now, inputs);
    total += fmt::format("  {} {} at {} lost {}", inputs ? "in" : "out", short_count(all.datagrams),
                         rate_text(all.bytes - then.bytes, since), loss_share(all));
  }
  std::vector<std::string> lines{std::move(total)};
  constexpr std::size_t kOneOfEach = 2;
  if (now.size() <= kOneOfEach || most <= 2) return lines;
  for (const auto& each : now) {
    if (lines.size() + 1 == most && lines.size() < now.size()) {
      lines.push_back(fmt::format("  and {} more", now.size() - (lines.size() - 1)));
      break;
    }
    const auto& figures = each.figures;
    lines.push_back(
        fmt::format("  {:<3} {:<30} {:>6} at {:>10} lost {}", each.is_input ? "in" : "out",
                    short_name(each.name), short_count(figures.datagrams),
                    rate_text(figures.bytes - bytes_of(before, each), since), loss_share(figures)));
  }
  return lines;
}

}  // namespace dispatch::cli
