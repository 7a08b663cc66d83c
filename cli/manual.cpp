#include "cli/manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <sstream>
#include <vector>

namespace dispatch::cli {
namespace {

// As roff prints it: hyphens that can be searched for and copied, and no line that is a request.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\\') {
      out += "\\e";
    } else if (letter == '-') {
      out += "\\-";
    } else {
      out += letter;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + escaped(text) + "\\fR";
}

// Hidden options have no group.
std::vector<const CLI::Option*> visible_options(const CLI::App& app, bool positional) {
  return app.get_options([=](const CLI::Option* option) {
    return !option->get_group().empty() && option->get_positional() == positional;
  });
}

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// Commands that do something by themselves, with the words before them.
void for_each_command(const CLI::App& app, const std::string& words,
                      const std::function<void(const CLI::App&, const std::string&)>& visit) {
  const auto below = subcommands(app);
  if (below.empty()) visit(app, words);
  for (const auto* each : below) for_each_command(*each, words + " " + each->get_name(), visit);
}

std::string name_of(const CLI::Option& option) {
  std::string name;
  for (const auto& each : option.get_snames())
    name += (name.empty() ? "" : ", ") + bold("-" + each);
  for (const auto& each : option.get_lnames()) {
    name += (name.empty() ? "" : ", ") + bold("--" + each);
  }
  if (option.get_positional()) name = italic(option.get_name());
  const bool has_value = option.get_expected_min() != 0 && !option.get_positional();
  return has_value ? name + " " + italic(option.get_type_name()) : name;
}

std::string entry(const CLI::Option& option) {
  auto text = escaped(option.get_description());
  if (!text.empty() && !text.ends_with('.')) text += '.';
  if (!option.get_default_str().empty()) {
    text += fmt::format(" By default {}.", escaped(option.get_default_str()));
  }
  return fmt::format(".TP\n{}\n{}\n", name_of(option), text);
}

// Paragraphs; lines that are set in stay as they are.
std::string prose(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  bool set_in = false;
  for (std::string line; std::getline(lines, line);) {
    const bool in = line.starts_with("  ");
    if (in != set_in) out += in ? ".nf\n" : ".fi\n";
    set_in = in;
    out += line.empty() ? ".PP\n" : escaped(line) + "\n";
  }
  return set_in ? out + ".fi\n" : out;
}

std::string synopsis(const CLI::App& app) {
  std::string out;
  for_each_command(app, app.get_name(), [&](const CLI::App& command, const std::string& words) {
    if (!out.empty()) out += ".br\n";
    out += bold(words) + (visible_options(command, false).size() > 1 ? " [OPTION...]" : "");
    for (const auto* option : visible_options(command, true)) {
      const auto name = italic(option->get_name());
      const auto many = option->get_expected_max() > 1 ? "..." : "";
      out += option->get_required() ? " " + name + many : fmt::format(" [{}{}]", name, many);
    }
    out += '\n';
  });
  return out;
}

std::string options_of(const CLI::App& command) {
  std::string out;
  for (const auto* option : visible_options(command, true)) out += entry(*option);
  for (const auto& group : command.get_groups()) {
    if (group.empty()) continue;
    std::string entries;
    for (const auto* option : visible_options(command, false)) {
      // --help is everywhere, and said once.
      const bool is_help = option == command.get_help_ptr();
      if (option->get_group() == group && !is_help) entries += entry(*option);
    }
    const bool is_usual = group == "Options";
    if (!entries.empty()) out += (is_usual ? "" : ".PP\n" + bold(group) + "\n") + entries;
  }
  return out;
}

std::string commands(const CLI::App& app) {
  std::string out = ".SH OPTIONS\n" + entry(*app.get_help_ptr()) + options_of(app);
  if (subcommands(app).empty()) return out;
  out += ".PP\nEach command has \\fB\\-\\-help\\fR, too.\n.SH COMMANDS\n";
  for_each_command(app, app.get_name(), [&](const CLI::App& command, const std::string& words) {
    const auto footer = command.get_footer();
    out += fmt::format(".SS \"{}\"\n{}.\n", escaped(words), escaped(command.get_description()));
    out += options_of(command);
    if (!footer.empty()) out += ".PP\n" + prose(footer);
  });
  return out;
}

}  // namespace

std::string manual(const CLI::App& app, std::string_view page) {
  std::string out(page);
  const auto put = [&](std::string_view place, const std::string& text) {
    const auto at = out.find(place);
    if (at != std::string::npos) out.replace(at, place.size(), text);
  };
  put("@SYNOPSIS@\n", synopsis(app));
  put("@OPTIONS@\n", commands(app));
  return out;
}

}  // namespace dispatch::cli
