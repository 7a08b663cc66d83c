#include "cli/usage_file.hpp"

#include "cli/console.hpp"
#include "cli/log_file.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <utility>

namespace dispatch::cli {

std::string default_usage_path() {
  return state_folder() + "/usage";
}

std::string UsageFile::load() {
  namespace errc = boost::system::errc;
  if (const auto error = file_.claim()) {
    is_ours_ = false;
    const bool is_taken = error == errc::resource_unavailable_try_again;
    news_ = fmt::format("{}: {}: what links use of their data caps is not kept; {}", file_.path(),
                        is_taken ? "another dispatch keeps its own there" : error.message(),
                        "see --usage-file");
  }
  const auto text = file_.read();
  if (!text) {
    news_ = fmt::format("{}: {}: what links have used of their data caps counts from 0",
                        file_.path(), text.error().message());
  }
  if (news_) complain("warning: " + *news_);
  return text ? *text : std::string();
}

void UsageFile::put_aside() {
  const auto error = is_ours_ ? file_.put_aside() : net::Status{};
  const auto where =
      error || !is_ours_ ? std::string() : fmt::format(" (it is {}.damaged now)", file_.path());
  news_ = fmt::format("{}: damaged{}: what links have used of their data caps counts from 0",
                      file_.path(), where);
  complain("warning: " + *news_);
}

void UsageFile::save(std::string text) {
  if (is_ours_) file_.write(std::move(text));
}

std::optional<std::string> UsageFile::news() {
  if (news_) return std::exchange(news_, std::nullopt);
  const auto outcome = file_.outcome();
  const bool fails = outcome && *outcome;
  if (fails == std::exchange(fails_, fails)) return std::nullopt;
  if (!fails) return fmt::format("{}: is written again", file_.path());
  return fmt::format(
      "{}: {}: what links use of their data caps is not kept until it can be written", file_.path(),
      outcome->message());
}

}  // namespace dispatch::cli
