#include "engine/link/link_spec.hpp"

#include <boost/system/errc.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <string>

namespace dispatch::link {
BOOST_AUTO_TEST_SUITE(link_spec)
namespace {

net::Prefix prefix(const char* text) {
  return net::parse_prefix(text).value();
}

// The part of a host that make_links asks: whether an address can be bound.
class HostOf : public net::Network {
 public:
  HostOf(std::vector<net::Interface> interfaces, bool may_bind_to_device)
      : interfaces_(std::move(interfaces)), may_bind_to_device_(may_bind_to_device) {}

  net::Task<net::Result<net::StreamPtr>> connect(const net::Endpoint&, const net::Egress&,
                                                 net::TimePoint) override {
    co_return net::Error{boost::system::errc::make_error_code(boost::system::errc::not_supported)};
  }
  net::Result<net::ListenerPtr> listen(const net::Endpoint&, const net::ListenOptions&) override {
    return boost::system::errc::make_error_code(boost::system::errc::not_supported);
  }
  net::Result<net::ListenerPtr> listen_local(const std::string&,
                                             const net::LocalListenOptions&) override {
    return boost::system::errc::make_error_code(boost::system::errc::not_supported);
  }
  net::Result<net::StreamPtr> connect_local(const std::string&) override {
    return boost::system::errc::make_error_code(boost::system::errc::not_supported);
  }
  net::Result<net::DatagramPtr> open_datagram(const net::DatagramOptions& options) override {
    for (const auto& interface : interfaces_) {
      for (const auto& own : interface.addresses) {
        if (own.address == options.local.address) return net::DatagramPtr{};
        if (interface.loopback && own.contains(options.local.address)) return net::DatagramPtr{};
      }
    }
    return boost::system::errc::make_error_code(boost::system::errc::address_not_available);
  }
  bool can_bind_to_device() const override { return may_bind_to_device_; }

  const std::vector<net::Interface>& interfaces() const { return interfaces_; }

 private:
  std::vector<net::Interface> interfaces_;
  bool may_bind_to_device_;
};

HostOf laptop(bool may_bind_to_device = true) {
  return HostOf({{"lo", 1, true, true, true, 65536, {prefix("127.0.0.1/8"), prefix("::1/128")}},
                 {"eth0",
                  2,
                  true,
                  true,
                  false,
                  1500,
                  {prefix("fe80::1/64"), prefix("192.0.2.7/24"), prefix("192.0.2.8/24"),
                   prefix("2001:db8::7/64")}},
                 {"wlan0", 3, true, true, false, 1500, {prefix("198.51.100.9/24")}},
                 {"usb0", 4, true, false, false, 1500, {prefix("203.0.113.3/24")}},
                 {"tun0", 5, true, true, false, 1400, {prefix("fe80::5/64")}}},
                may_bind_to_device);
}

std::vector<std::unique_ptr<Link>> links_of(HostOf host, std::vector<std::string> arguments) {
  std::vector<LinkSpec> specs;
  for (const auto& argument : arguments) specs.push_back(parse_link_spec(argument));
  return make_links(specs, host.interfaces(), host);
}

std::string refusal(std::vector<std::string> arguments) {
  try {
    links_of(laptop(), std::move(arguments));
  } catch (const net::ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

BOOST_AUTO_TEST_CASE(a_weight_may_follow_in_either_way) {
  BOOST_TEST((parse_link_spec("eth0") == LinkSpec{"eth0", 1}));
  BOOST_TEST((parse_link_spec("eth0/7") == LinkSpec{"eth0", 7}));
  BOOST_TEST((parse_link_spec("192.0.2.7@3") == LinkSpec{"192.0.2.7", 3}));
  BOOST_TEST((parse_link_spec("[2001:db8::7]/2") == LinkSpec{"2001:db8::7", 2}));
  BOOST_TEST((parse_link_spec("2001:db8::7@2") == LinkSpec{"2001:db8::7", 2}));
}

BOOST_AUTO_TEST_CASE(what_is_no_weight_is_refused) {
  for (const auto* text :
       {"eth0/", "eth0/0", "eth0/-1", "eth0/x", "eth0/1.5", "eth0/NaN", "eth0@2@3", "eth0/2/3",
        "eth0/1000001", "eth0/99999999999999999999", "eth0/ 1", "/3", "@3", ""}) {
    BOOST_CHECK_THROW(parse_link_spec(text), net::ConfigError);
  }
}

BOOST_AUTO_TEST_CASE(an_interface_gives_its_first_usable_address_of_each_family) {
  const auto links = links_of(laptop(), {"eth0/7"});
  BOOST_REQUIRE(links.size() == 1u);
  BOOST_TEST(links[0]->weight() == 7u);
  BOOST_TEST(
      (links[0]->egress(net::Family::v4) == net::Egress{net::parse_address("192.0.2.7"), "eth0"}));
  BOOST_TEST((links[0]->egress(net::Family::v6) ==
              net::Egress{net::parse_address("2001:db8::7"), "eth0"}));
}

BOOST_AUTO_TEST_CASE(an_address_is_bound_to_the_device_that_owns_it) {
  const auto links = links_of(laptop(), {"192.0.2.8"});
  BOOST_TEST(
      (links[0]->egress(net::Family::v4) == net::Egress{net::parse_address("192.0.2.8"), "eth0"}));
  BOOST_TEST(!links[0]->egress(net::Family::v6));
}

BOOST_AUTO_TEST_CASE(loopback_addresses_are_never_bound_to_a_device) {
  const auto links = links_of(laptop(), {"127.0.0.2/7", "127.0.0.3/3"});
  BOOST_TEST(
      (links[0]->egress(net::Family::v4) == net::Egress{net::parse_address("127.0.0.2"), ""}));
}

BOOST_AUTO_TEST_CASE(without_the_permission_the_source_address_alone_is_used) {
  const auto links = links_of(laptop(false), {"wlan0"});
  BOOST_TEST(
      (links[0]->egress(net::Family::v4) == net::Egress{net::parse_address("198.51.100.9"), ""}));
}

BOOST_AUTO_TEST_CASE(no_argument_means_every_usable_interface) {
  const auto links = links_of(laptop(), {});
  BOOST_REQUIRE(links.size() == 2u);  // usb0 has no carrier, tun0 only a link-local address
  BOOST_TEST(links[0]->name() == "eth0");
  BOOST_TEST(links[1]->name() == "wlan0");
}

BOOST_AUTO_TEST_CASE(a_slip_of_the_pen_is_answered_with_the_likely_name) {
  BOOST_TEST(
      refusal({"wlan1"}) ==
      "'wlan1' is neither an address nor an interface of this machine; did you mean 'wlan0'?");
  BOOST_TEST(
      refusal({"ppp"}) ==
      "'ppp' is neither an address nor an interface of this machine (it has lo, eth0, wlan0, "
      "usb0 and tun0)");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_way_out_is_refused_with_its_reason) {
  BOOST_TEST(
      refusal({"192.0.2.99"})
          .starts_with(
              "'192.0.2.99' is not an address of this machine (Cannot assign requested address)"));
  for (const auto* nobodys : {"0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.255"}) {
    BOOST_TEST(refusal({nobodys}) ==
               fmt::format("'{}' is not an address that connections can come from", nobodys));
  }
  BOOST_TEST(refusal({"169.254.1.1"}) ==
             "'169.254.1.1' is a link-local address: the internet cannot be reached from it");
  BOOST_TEST(refusal({"lo"}) ==
             "'lo' is the loopback interface: no connection leaves this machine by it");
}

BOOST_AUTO_TEST_CASE(one_way_out_is_named_once) {
  BOOST_TEST(refusal({"eth0", "192.0.2.7"}) ==
             "'eth0' and '192.0.2.7' are the same way out (192.0.2.7): name it once");
  BOOST_TEST(refusal({"wlan0", "wlan0/2"}) ==
             "'wlan0' and 'wlan0' are the same way out (198.51.100.9): name it once");
  BOOST_TEST(refusal({"eth0", "192.0.2.8"}) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_name_is_of_one_link) {
  const auto twice = [](std::string name, std::string target) {
    return fmt::format(
        "'{0}' is given twice: name it once, or give each a name of its own: NAME={1}", name,
        target);
  };
  BOOST_TEST(refusal({"a=eth0", "a=wlan0"}) == twice("a", "wlan0"));
  BOOST_TEST(refusal({"wlan0", "wlan0=eth0"}) == twice("wlan0", "eth0"));
  BOOST_TEST(refusal({"a=eth0", "a=socks5://192.0.2.80:1080"}) ==
             twice("a", "socks5://192.0.2.80:1080"));
  BOOST_TEST(refusal({"a=eth0", "b=wlan0"}) == "accepted");
}

BOOST_AUTO_TEST_CASE(an_option_is_given_once) {
  for (const std::string option : {"max=1", "rate=1Mbit/s", "later", "cap=1GB"}) {
    const auto link = fmt::format("eth0,{0},{0}", option);
    BOOST_CHECK_EXCEPTION(parse_link_spec(link), net::ConfigError, [&](const auto& error) {
      const auto word = option.substr(0, option.find('='));
      return error.what() == fmt::format("'{}': {} is given twice", link, word);
    });
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::link
