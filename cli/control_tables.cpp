#include "cli/control_tables.hpp"

#include "cli/table.hpp"
#include "cli/units.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace dispatch::cli {
namespace {

namespace js = boost::json;

std::string text(const js::object& of, const char* key) {
  return std::string(of.at(key).as_string());
}
std::uint64_t number(const js::object& of, const char* key) {
  return of.at(key).to_number<std::uint64_t>();
}

std::string weight_of(const js::object& link) {
  return std::to_string(number(link, "weight"));
}

// "12.3 GB of 50 GB"; empty: it has none.
std::string cap_of(const js::object& link) {
  const auto* cap = link.if_contains("cap");
  if (cap == nullptr || !cap->is_object()) return {};
  const auto& its = cap->as_object();
  return fmt::format("{} of {}", format_bytes(number(its, "used_bytes")),
                     format_bytes(number(its, "bytes")));
}

void add_link(Table& table, const js::object& link, bool has_weight, bool has_caps) {
  const auto state = text(link, "state");
  const auto reason = text(link, "reason");
  auto why = reason.empty() ? "" : reason + ", ";
  if (state != "off" && has_weight)
    why += "for " + format_age(link.at("since_s").to_number<double>());
  if (why.ends_with(", ")) why.resize(why.size() - 2);
  std::vector<std::string> cells(
      {text(link, "name"), has_weight ? state : "", has_weight ? weight_of(link) : "",
       std::to_string(number(link, "live")), std::to_string(number(link, "connections")),
       std::to_string(number(link, "dial_failures")), format_rate(number(link, "received_rate")),
       format_rate(number(link, "sent_rate")), format_bytes(number(link, "received_bytes")),
       format_bytes(number(link, "sent_bytes"))});
  if (has_caps) cells.push_back(cap_of(link));
  cells.push_back(why);
  table.add(std::move(cells), state == "off");
}

std::string status_table(const js::object& status, bool styled) {
  const auto& links = status.at("links").as_array();
  const bool has_caps = std::any_of(links.begin(), links.end(), [](const js::value& link) {
    return !cap_of(link.as_object()).empty();
  });
  std::vector<Column> columns({{"LINK"},
                               {"STATE"},
                               {"WEIGHT", Align::right},
                               {"LIVE", Align::right},
                               {"CONNECTIONS", Align::right},
                               {"FAILED", Align::right},
                               {"DOWN", Align::right},
                               {"UP", Align::right},
                               {"RECEIVED", Align::right},
                               {"SENT", Align::right}});
  if (has_caps) columns.push_back({"DATA CAP", Align::right});
  columns.push_back({"WHY"});
  Table table(columns);
  for (const auto& link : links) add_link(table, link.as_object(), true, has_caps);
  const auto& direct = status.at("direct").as_object();
  if (number(direct, "dials") + number(direct, "connections") != 0)
    add_link(table, direct, false, has_caps);
  const auto& clients = status.at("clients").as_object();
  return fmt::format("dispatch {}, up for {}: {} now, {} accepted, {} refused\n",
                     text(status, "version"), format_age(status.at("uptime_s").to_number<double>()),
                     format_count(number(clients, "live"), "client"), number(clients, "accepted"),
                     number(clients, "refused") + number(clients, "turned_away")) +
         table.render("", styled);
}

std::string connection_table(const js::array& connections, bool styled) {
  Table table({{"CLIENT"},
               {"TARGET"},
               {"LINK"},
               {"AGE", Align::right},
               {"RECEIVED", Align::right},
               {"SENT", Align::right}});
  for (const auto& each : connections) {
    const auto& row = each.as_object();
    table.add({text(row, "client"), text(row, "target"), text(row, "link"),
               format_age(row.at("age_s").to_number<double>()),
               format_bytes(number(row, "received_bytes")),
               format_bytes(number(row, "sent_bytes"))});
  }
  return table.render("", styled);
}

}  // namespace

std::string answer_table(const js::object& answer, bool styled) {
  const auto* connections = answer.if_contains("connections");
  return connections != nullptr ? connection_table(connections->as_array(), styled)
                                : status_table(answer, styled);
}

std::string format_age(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  const auto minutes = whole / 60;
  if (minutes == 0) return fmt::format("{} s", whole);
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 24 * 60) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} d", minutes / (24 * 60));
}

std::string format_rate(std::uint64_t bytes_per_second) {
  constexpr std::array units{"kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
  auto value = static_cast<double>(bytes_per_second) * 8;
  if (value < 1000) return fmt::format("{:.0f} bit/s", value);
  value /= 1000;
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace dispatch::cli
