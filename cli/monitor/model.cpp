#include "cli/monitor/model.hpp"

#include "cli/monitor/tables.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace dispatch::cli::monitor {
namespace {

namespace js = boost::json;

constexpr auto kConfigs = "/api/config/requests/";
constexpr auto kDefaultName = "default";
constexpr std::size_t kPageOfHistory = 200;
// Beyond the time that the request itself may take: for the way there and back.
constexpr double kSpareSeconds = 5;

// What an answer that is no success says.
std::string why_of(const Answer& answer) {
  if (!answer.failure.empty()) return answer.failure;
  boost::system::error_code wrong;
  const auto parsed = js::parse(answer.body, wrong);
  const js::value* detail = nullptr;
  if (!wrong && parsed.is_object()) detail = parsed.get_object().if_contains("detail");
  if (detail == nullptr) return fmt::format("{}", answer.status);
  if (detail->is_string())
    return fmt::format("{} {}", answer.status, std::string_view(detail->get_string()));
  // A list of {loc, msg}.
  if (const auto* list = detail->if_array(); list != nullptr && !list->empty()) {
    if (const auto* first = list->front().if_object()) {
      const auto* message = first->if_contains("msg");
      const auto* where = first->if_contains("loc");
      const auto* path = where == nullptr ? nullptr : where->if_array();
      if (message != nullptr && message->is_string()) {
        const auto place =
            path == nullptr || path->empty() ? "" : js::serialize(path->back()) + ": ";
        return fmt::format("{} {}{}", answer.status, place,
                           std::string_view(message->get_string()));
      }
    }
  }
  return fmt::format("{} {}", answer.status, js::serialize(*detail));
}

// Names of configurations are tokens: there is nothing in them to be encoded, but what is typed may
// be anything.
std::string path_of_config(std::string_view name) {
  std::string path = kConfigs;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    path += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return path;
}

// In a circle; the first one behind one that is gone.
std::string next_of(const std::vector<std::string>& all, const std::string& now, int by) {
  const auto found = std::ranges::find(all, now);
  if (found == all.end()) return all.front();
  const auto count = static_cast<std::ptrdiff_t>(all.size());
  return all[static_cast<std::size_t>((found - all.begin() + by + count) % count)];
}

}  // namespace

std::string_view title_of(View view) {
  switch (view) {
    case View::overview:
      return "Overview";
    case View::agents:
      return "Agents";
    case View::pool:
      return "Pool";
    case View::configuration:
      return "Configuration";
    case View::execute:
      return "Execute";
    case View::history:
      return "History";
  }
  return "";
}

Model::Model(std::string coordinator, std::string session)
    : coordinator_(std::move(coordinator)), session_(std::move(session)) {}

void Model::connected() {
  live_ = true;
  trouble_.clear();
}

void Model::lost(const std::string& why, double pause_s) {
  live_ = false;
  trouble_ = fmt::format("{}; tried again in {:.1f} s (r: now)", why, pause_s);
}

void Model::heard(std::string_view message) {
  try {
    state_.take(message);
  } catch (const std::exception& error) {
    return say(
        fmt::format("what answers there is no coordinator of this version ({})", error.what()),
        true);
  }
  if (form_was_filled_ || !state_.is_known()) return;
  form_was_filled_ = true;
  const auto& configs = state_.configs();
  if (configs.empty() || form_.is_changed()) return;
  const auto usual = std::ranges::find(configs, kDefaultName, &ConfigRow::name);
  load(usual == configs.end() ? configs.front().name : kDefaultName, Wish::fill);
}

void Model::say(std::string text, bool refused) {
  said_ = std::move(text);
  refused_ = refused;
}

void Model::call(Wish wish, std::string method, std::string path, std::string content,
                 std::string name, double timeout_s) {
  const auto number = next_call_++;
  pending_[number] = {wish, std::move(name)};
  calls_.push_back({number, std::move(method), std::move(path), std::move(content), timeout_s});
}

void Model::refresh() {
  if (!live_) {
    retry_ = true;
    return say("trying again");
  }
  call(Wish::agents, "GET", "/api/agents");
  call(Wish::pool, "GET", "/api/pool/status");
  call(Wish::stats, "GET", "/api/stats");
  call(Wish::history, "GET", fmt::format("/api/history?limit={}", kPageOfHistory));
}

void Model::save() {
  auto request = form_.request();
  if (!request) return say(request.error(), true);
  const auto name = form_.name();
  if (name.empty()) return say("name: it is empty", true);
  call(Wish::save, "PUT", path_of_config(name), js::serialize(*request), name);
}

void Model::load(const std::string& name, Wish wish) {
  if (name.empty()) return say("name: it is empty", true);
  call(wish, "GET", path_of_config(name), "", name);
}

void Model::next_configuration(int by) {
  const auto& configs = state_.configs();
  if (configs.empty()) return say("there is no configuration yet: write one, and save it with s");
  const auto found = std::ranges::find(configs, form_.name(), &ConfigRow::name);
  const auto count = static_cast<std::ptrdiff_t>(configs.size());
  auto next = found == configs.end() ? 0 : found - configs.begin() + by;
  next = (next + count) % count;
  load(configs[static_cast<std::size_t>(next)].name);
}

std::string Model::what_is_executed() const {
  const auto& url = form_.edit(Field::url).text();
  if (url.empty())
    return "nothing yet: write a URL in the configuration (c), or load one there (l)";
  return fmt::format(
      "{} {} ({})", form_.edit(Field::method).text(), url,
      form_.is_changed() ? "as written, not saved" : "configuration " + form_.name());
}

void Model::execute() {
  show(View::execute);
  if (executing_) return say("the request before is still under way; x cancels it", true);
  auto request = form_.request();
  if (!request) return say(request.error() + "; see the configuration (c)", true);
  const auto timeout = request->at("timeout").to_number<double>();
  executing_ = fmt::format("{}-{}", session_, next_call_);
  auto content = form_.is_changed() ? std::move(*request) : js::object{{"config", form_.name()}};
  content["request_id"] = *executing_;
  if (!by_agent_.empty()) content["agent_id"] = by_agent_;
  if (!from_address_.empty()) content["source_ip"] = from_address_;
  result_.reset();
  detail_top_ = 0;
  call(Wish::execute, "POST", "/api/execute", js::serialize(content), "", timeout + kSpareSeconds);
}

void Model::cancel() {
  if (!executing_) return say("nothing is under way here");
  call(Wish::cancel, "DELETE", "/api/requests/" + *executing_);
}

// Of agents or the pool: by it, or from it, is executed from now on.
void Model::pin_selected() {
  const auto found = rows();
  if (found.empty()) return;
  const auto& id = found[table()->row(found)].id;
  if (view_ == View::agents) {
    by_agent_ = id;
    from_address_.clear();
  } else {
    const auto& address = state_.pool().at(id);
    by_agent_ = address.agent;
    from_address_ = address.address;
  }
  show(View::execute);
}

// Any, then each.
void Model::next_agent(int by) {
  std::vector<std::string> all{""};
  for (const auto& [id, agent] : state_.agents()) all.push_back(id);
  by_agent_ = next_of(all, by_agent_, by);
  from_address_.clear();
}

void Model::next_address() {
  std::set<std::string> all{""};
  for (const auto& [key, address] : state_.pool()) {
    if (by_agent_.empty() || address.agent == by_agent_) all.insert(address.address);
  }
  from_address_ = next_of({all.begin(), all.end()}, from_address_, +1);
}

void Model::want_older() {
  const bool asked = std::ranges::any_of(
      pending_, [](const auto& each) { return each.second.wish == Wish::older; });
  if (has_all_ || asked) return;
  if (state_.history().size() >= FleetState::kRecordsMax) {
    return say(
        fmt::format("{} records are kept here; GET /api/history has all", FleetState::kRecordsMax));
  }
  std::uint64_t oldest = 0;
  for (const auto& record : state_.history()) {
    if (record.id != 0 && (oldest == 0 || record.id < oldest)) oldest = record.id;
  }
  auto path = fmt::format("/api/history?limit={}", kPageOfHistory);
  if (oldest != 0) path += fmt::format("&before={}", oldest);
  call(Wish::older, "GET", path);
}

void Model::take_page(const js::object& page) {
  const auto added = state_.take_history(page);
  has_all_ = !page.at("more").as_bool();
  say(added == 0 && has_all_ ? "there are no older records"
                             : fmt::format("{} older records", added));
}

void Model::answered(std::uint64_t number, const Answer& answer) {
  const auto found = pending_.find(number);
  if (found == pending_.end()) return;
  const auto pending = std::move(found->second);
  pending_.erase(found);
  try {
    take_answer(pending, answer);
  } catch (const std::exception& error) {
    say(fmt::format("the coordinator's answer is not understood: {}", error.what()), true);
  }
}

void Model::take_answer(const Pending& pending, const Answer& answer) {
  const bool is_good = answer.failure.empty() && answer.status == 200;
  if (pending.wish == Wish::execute) {
    executing_.reset();
    detail_top_ = 0;
    if (is_good) {
      result_ = detail_of_result(js::parse(answer.body).as_object());
      return say("");
    }
    if (answer.failure.empty()) result_ = detail_of_refusal(answer.status, answer.body);
    return say("execute: " + why_of(answer), true);
  }
  if (!is_good) {
    const bool is_config = pending.wish == Wish::save || pending.wish == Wish::load;
    return say((is_config ? pending.name + ": " : "") + why_of(answer), true);
  }
  const auto parsed = js::parse(answer.body);
  const auto& object = parsed.as_object();
  switch (pending.wish) {
    case Wish::save:
      if (form_.name() == pending.name) form_.was_saved();
      return say("saved " + pending.name);
    case Wish::load:
      form_.load(pending.name, object);
      return say("loaded " + pending.name);
    case Wish::fill:
      if (!form_.is_changed()) form_.load(pending.name, object);
      return;
    case Wish::cancel:
      return say("cancelled");
    case Wish::older:
      return take_page(object);
    case Wish::agents:
      return state_.take_agents(object);
    case Wish::pool:
      return state_.take_pool(object);
    case Wish::stats:
      return state_.take_stats(object);
    case Wish::history:
      (void)state_.take_history(object);
      return say("refreshed");
    case Wish::execute:
      break;
  }
}

screen::TableState* Model::table() {
  switch (view_) {
    case View::agents:
      return &agents_;
    case View::pool:
      return &pool_;
    case View::history:
      return &history_;
    default:
      return nullptr;
  }
}

const std::vector<screen::Column>& Model::columns(View view) {
  if (view == View::agents) return agent_columns();
  return view == View::pool ? pool_columns() : history_columns();
}

std::vector<screen::Row> Model::rows() const {
  switch (view_) {
    case View::agents:
      return screen::arranged(agent_rows(state_), agents_);
    case View::pool:
      return screen::arranged(pool_rows(state_), pool_);
    case View::history:
      return screen::arranged(history_rows(state_), history_);
    default:
      return {};
  }
}

std::size_t Model::row_count() const {
  if (view_ == View::agents) return state_.agents().size();
  return view_ == View::pool ? state_.pool().size() : state_.history().size();
}

const Detail* Model::detail() const {
  if (view_ == View::execute) return result_ ? &*result_ : nullptr;
  return closer_ ? &*closer_ : nullptr;
}

void Model::look_closer() {
  const auto found = rows();
  if (found.empty()) return;
  const auto& id = found[table()->row(found)].id;
  if (view_ == View::agents) {
    closer_ = detail_of_agent(state_.agents().at(id), state_);
  } else if (view_ == View::history) {
    const auto record = std::ranges::find(state_.history(), id, &Record::key);
    closer_ = detail_of_result(record->whole);
  }
  detail_top_ = 0;
}

}  // namespace dispatch::cli::monitor
