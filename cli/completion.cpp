#include "cli/completion.hpp"

#include "cli/exit_status.hpp"

#include <fmt/format.h>

#include <functional>
#include <vector>

namespace dispatch::cli {
namespace {

// A command with the words before it: "config check".
struct Command {
  const CLI::App* app;
  std::string path;
};

// Each command comes before those below it.
std::vector<Command> commands_of(const CLI::App& app) {
  std::vector<Command> found;
  const std::function<void(const CLI::App&, const std::string&)> add =
      [&](const CLI::App& of, const std::string& path) {
        found.push_back({&of, path});
        for (const auto* each : of.get_subcommands([](const CLI::App*) { return true; })) {
          add(*each, path + (path.empty() ? "" : " ") + each->get_name());
        }
      };
  add(app, "");
  return found;
}

std::vector<const CLI::Option*> named_options(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) {
    // Those without a group are hidden.
    return !option->get_positional() && !option->get_group().empty();
  });
}

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

bool takes_value(const CLI::Option& option) {
  return option.get_expected_min() != 0;
}
bool takes_file(const CLI::Option& option) {
  return option.get_type_name() == "FILE" || option.get_type_name() == "PATH";
}
// Links begin with the names of interfaces.
bool takes_links(const CLI::App& app) {
  return app.get_option_no_throw("ADDRESS") != nullptr;
}
bool takes_files(const CLI::App& app) {
  return app.get_option_no_throw("FILE") != nullptr;
}

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const auto* each : subcommands(app)) words += each->get_name() + " ";
  for (const auto* option : named_options(app)) {
    for (const auto& name : option->get_snames()) words += "-" + name + " ";
    for (const auto& name : option->get_lnames()) words += "--" + name + " ";
  }
  if (app.get_name() == "link") words += "on off weight ";
  if (!words.empty()) words.pop_back();
  return words;
}

std::string options_where(const CLI::App& app, bool (*is)(const CLI::Option&)) {
  std::string pattern;
  for (const auto* option : named_options(app)) {
    if (!is(*option)) continue;
    for (const auto& name : option->get_lnames())
      pattern += (pattern.empty() ? "--" : "|--") + name;
  }
  return pattern;
}

// What the completed command is: its words that are no options.
std::string bash(const CLI::App& app) {
  std::string cases;
  for (const auto& [command, path] : commands_of(app)) {
    cases += fmt::format("    '{}')\n", path);
    if (const auto files = options_where(*command, takes_file); !files.empty()) {
      cases += fmt::format("      case $before in {}) compopt -o default; return ;; esac\n", files);
    }
    if (const auto values = options_where(*command, takes_value); !values.empty()) {
      cases += fmt::format("      case $before in {}) return ;; esac\n", values);
    }
    cases += fmt::format("      words='{}'", words_of(*command));
    if (takes_links(*command)) cases += "\n      words+=\" $(ls /sys/class/net 2>/dev/null)\"";
    if (takes_files(*command)) cases += "\n      compopt -o default";
    cases += " ;;\n";
  }
  std::string paths;
  for (const auto& [command, path] : commands_of(app)) {
    if (!path.empty()) paths += "'" + path + "') command=$next ;;\n        ";
  }
  return fmt::format(
      R"(# bash completion of dispatch: dispatch completion bash
_dispatch() {{
  local now=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= next words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${{COMP_WORDS[i]}} in -*) continue ;; esac
    next="${{command:+$command }}${{COMP_WORDS[i]}}"
    case $next in
        {}esac
  done
  case $command in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$now"))
}}
complete -F _dispatch dispatch
)",
      paths, cases);
}

// In single quotes.
std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text)
    out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return out + "'";
}

std::string zsh_option(const CLI::Option& option, const std::string& name) {
  std::string text;
  for (const char letter : option.get_description()) {
    if (letter == '[' || letter == ']' || letter == ':') text += '\\';
    text += letter;
  }
  const auto action = takes_file(option) ? "_files" : " ";
  const auto value =
      takes_value(option) ? fmt::format(":{}:{}", option.get_type_name(), action) : "";
  return shell_quoted(fmt::format("*{}[{}]{}", name, text, value));
}

std::string zsh(const CLI::App& app) {
  std::string cases;
  for (const auto& [command, path] : commands_of(app)) {
    cases += fmt::format("    '{}') arguments=(", path);
    for (const auto* option : named_options(*command)) {
      for (const auto& name : option->get_lnames()) {
        cases += "\n      " + zsh_option(*option, "--" + name);
      }
      for (const auto& name : option->get_snames()) {
        cases += "\n      " + zsh_option(*option, "-" + name);
      }
    }
    std::string words;
    for (const auto* each : subcommands(*command)) words += each->get_name() + " ";
    if (command->get_name() == "link") words = "on off weight";
    const auto rest = takes_links(*command)   ? "'*:link:_net_interfaces'"
                      : takes_files(*command) ? "'*:file:_files'"
                                              : shell_quoted(fmt::format("*:command:({})", words));
    cases += fmt::format("\n      {}) ;;\n", rest);
  }
  std::string paths;
  for (const auto& [command, path] : commands_of(app)) {
    if (!path.empty()) paths += "'" + path + "') command=$next ;;\n      ";
  }
  return fmt::format(
      R"(#compdef dispatch
# zsh completion of dispatch: dispatch completion zsh
local command= next i
local -a arguments
for ((i = 2; i < CURRENT; ++i)); do
  [[ ${{words[i]}} == -* ]] && continue
  next="${{command:+$command }}${{words[i]}}"
  case $next in
      {}esac
done
case $command in
{}esac
_arguments $arguments
)",
      paths, cases);
}

std::string fish(const CLI::App& app) {
  std::string out = "# fish completion of dispatch: dispatch completion fish\n";
  for (const auto& [command, path] : commands_of(app)) {
    const auto condition = path.empty()
                               ? std::string("__fish_use_subcommand")
                               : "__fish_seen_subcommand_from " + path.substr(path.rfind(' ') + 1);
    for (const auto* each : subcommands(*command)) {
      out += fmt::format("complete -c dispatch -f -n {} -a {} -d {}\n", shell_quoted(condition),
                         each->get_name(), shell_quoted(each->get_description()));
    }
    if (takes_links(*command)) {
      out += fmt::format("complete -c dispatch -f -n {} -a '(command ls /sys/class/net)'\n",
                         shell_quoted(condition));
    }
    for (const auto* option : named_options(*command)) {
      std::string names;
      for (const auto& name : option->get_snames()) names += " -s " + name;
      for (const auto& name : option->get_lnames()) names += " -l " + name;
      out += fmt::format("complete -c dispatch -n {}{}{} -d {}\n", shell_quoted(condition), names,
                         takes_file(*option)    ? " -r -F"
                         : takes_value(*option) ? " -x"
                                                : "",
                         shell_quoted(option->get_description()));
    }
  }
  return out;
}

}  // namespace

std::string completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return bash(app);
  if (shell == "zsh") return zsh(app);
  if (shell == "fish") return fish(app);
  throw UsageError(fmt::format("'{}' is none of bash, zsh and fish", shell));
}

}  // namespace dispatch::cli
