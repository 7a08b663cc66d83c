// The screen of `dispatch monitor` without a terminal: what the feed and the answers say, what keys
// and clicks do, and which calls to the coordinator come of it.
#pragma once

#include "cli/monitor/detail.hpp"
#include "cli/monitor/fleet_state.hpp"
#include "cli/monitor/request_form.hpp"
#include "cli/screen/data_table.hpp"
#include "cli/screen/key.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli::monitor {

enum class View : std::uint8_t { overview, agents, pool, configuration, execute, history };

inline constexpr std::array kViews{View::overview,      View::agents,  View::pool,
                                   View::configuration, View::execute, View::history};
std::string_view title_of(View view);

// A request to the coordinator's REST interface.
struct Call {
  std::uint64_t number = 0;
  std::string method;
  std::string path;
  std::string content;  // JSON; empty: none
  double timeout_s = 10;
};

struct Answer {
  unsigned status = 0;
  std::string body;
  std::string failure;  // why there is none; empty: there is one
};

// What can be clicked.
struct Clicked {
  enum class Kind : std::uint8_t {
    view,
    row,
    column,
    field,
    save,
    load,
    execute,
    cancel,
    agent,
    address
  };

  Kind kind;
  std::size_t index = 0;  // of the view, row, column or field
};

class Model {
 public:
  // `session` begins the ids of the requests that are executed here: no other monitor has it.
  Model(std::string coordinator, std::string session);

  // The connection to the coordinator.
  void connected();
  void lost(const std::string& why, double pause_s);
  void heard(std::string_view message);
  void answered(std::uint64_t call, const Answer& answer);

  // The user. False: nothing has changed.
  bool press(const screen::Key& key);
  void click(const Clicked& clicked);
  bool scroll(int rows);  // the wheel

  // What is to be done.
  std::vector<Call> take_calls() { return std::exchange(calls_, {}); }
  bool take_retry() { return std::exchange(retry_, false); }
  bool wants_to_leave() const { return leaves_; }

  // What is to be seen.
  const std::string& coordinator() const { return coordinator_; }
  const FleetState& state() const { return state_; }
  View view() const { return view_; }
  bool is_live() const { return live_; }
  const std::string& trouble() const { return trouble_; }  // why it is not live
  const std::string& said() const { return said_; }        // of the last thing that was asked for
  bool was_refused() const { return refused_; }
  bool shows_help() const { return help_; }

  // Of agents, pool and history: null for the others.
  screen::TableState* table();
  const screen::TableState* table() const { return const_cast<Model*>(this)->table(); }
  static const std::vector<screen::Column>& columns(View view);
  std::vector<screen::Row> rows() const;  // arranged
  std::size_t row_count() const;          // of all

  const RequestForm& form() const { return form_; }
  Field field() const { return field_; }
  bool writes() const { return writes_; }  // keys go to the field

  bool is_executing() const { return executing_.has_value(); }
  std::string what_is_executed() const;
  // By whom, and from where; empty: as the coordinator chooses.
  const std::string& by_agent() const { return by_agent_; }
  const std::string& from_address() const { return from_address_; }
  // Over agents and history, and below the head of execute; null: none.
  const Detail* detail() const;
  std::size_t detail_top() const { return detail_top_; }

  // Set by who draws: how many rows are seen at once, and how far a detail can be scrolled.
  void set_page(std::size_t rows) { page_ = std::max<std::size_t>(rows, 1); }
  void set_detail_end(std::size_t top) { detail_top_ = std::min(detail_top_, top); }

 private:
  enum class Wish : std::uint8_t {
    save,
    load,
    fill,  // a load that nobody asked for
    execute,
    cancel,
    older,
    agents,
    pool,
    stats,
    history
  };
  struct Pending {
    Wish wish;
    std::string name;  // of the configuration
  };

  void call(Wish wish, std::string method, std::string path, std::string content = "",
            std::string name = "", double timeout_s = 10);
  void say(std::string text, bool refused = false);
  void show(View view);
  void refresh();
  void execute();
  void cancel();
  void pin_selected();
  void next_agent(int by);
  void next_address();
  void save();
  void load(const std::string& name, Wish wish = Wish::load);
  void next_configuration(int by);
  void want_older();
  void look_closer();
  void take_answer(const Pending& pending, const Answer& answer);
  void take_page(const boost::json::object& page);

  bool press_in_field(const screen::Key& key);
  bool press_anywhere(const screen::Key& key);
  bool press_in_table(const screen::Key& key);
  bool press_in_form(const screen::Key& key);
  bool press_in_execute(const screen::Key& key);
  bool press_in_detail(const screen::Key& key);
  bool is_over_detail() const;
  void select_field(int by);
  void enter_field();

  std::string coordinator_;
  std::string session_;
  FleetState state_;
  bool live_ = false;
  std::string trouble_;
  std::string said_;
  bool refused_ = false;
  bool help_ = false;
  bool leaves_ = false;
  bool retry_ = false;

  View view_ = View::overview;
  screen::TableState agents_;
  screen::TableState pool_;
  screen::TableState history_;
  std::size_t page_ = 10;

  RequestForm form_;
  Field field_ = Field::url;
  bool writes_ = false;
  bool form_was_filled_ = false;

  std::string by_agent_;
  std::string from_address_;
  std::optional<std::string> executing_;  // the request's id
  std::optional<Detail> result_;          // of the last execution
  std::optional<Detail> closer_;          // over a table
  std::size_t detail_top_ = 0;
  bool has_all_ = false;  // there is no older record

  std::uint64_t next_call_ = 1;
  std::vector<Call> calls_;
  std::map<std::uint64_t, Pending> pending_;
};

}  // namespace dispatch::cli::monitor
