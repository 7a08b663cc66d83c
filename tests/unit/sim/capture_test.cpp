// Packets as bytes, and captures as files.
#include "sim/capture/capture.hpp"

#include "sim/capture/packet_bytes.hpp"
#include "sim/capture/pcapng.hpp"
#include "tests/unit/sim/two_hosts.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

namespace dispatch::sim::test {
namespace {

unsigned at(const ByteVector& bytes, std::size_t index) {
  return std::to_integer<unsigned>(bytes.at(index));
}

// What a receiver computes over the header, or over pseudo-header and payload: 0 where all is well.
std::uint16_t ip_checksum_of(const ByteVector& bytes) {
  Checksum checksum;
  checksum.add(std::span(bytes).first(20));
  return checksum.value();
}

std::uint16_t transport_checksum_of(const ByteVector& bytes) {
  const bool v6 = at(bytes, 0) >> 4 == 6;
  const auto header = v6 ? 40u : 20u;
  Checksum checksum;
  checksum.add(v6 ? std::span(bytes).subspan(8, 32) : std::span(bytes).subspan(12, 8));
  checksum.add(at(bytes, v6 ? 6 : 9));
  checksum.add(static_cast<std::uint32_t>(bytes.size() - header));
  checksum.add(std::span(bytes).subspan(header));
  return checksum.value();
}

struct Fixture {
  PacketPool pool;
  ByteVector bytes;

  PacketPtr make(Transport transport, bool v6 = false) {
    auto packet = pool.make();
    packet->source = address(v6 ? "2001:db8::2" : "192.0.2.2");
    packet->destination = address(v6 ? "2001:db8:80::10" : "203.0.113.10");
    packet->transport = std::move(transport);
    packet->measure(1500);
    return packet;
  }
  const ByteVector& written(const Packet& packet) {
    bytes.clear();
    append_packet(packet, bytes);
    return bytes;
  }
};

tcp::Segment syn() {
  tcp::Segment segment;
  segment.source_port = 40000;
  segment.destination_port = 80;
  segment.sequence = 0x01020304;
  segment.syn = true;
  segment.window = 64240;
  segment.mss = 1460;
  segment.sack_permitted = true;
  segment.timestamps = tcp::Timestamps{0x11223344, 0};
  segment.window_scale = 10;
  return segment;
}

BOOST_FIXTURE_TEST_SUITE(capture, Fixture)

BOOST_AUTO_TEST_CASE(a_syn_has_the_options_of_linux_in_its_order) {
  const auto packet = make(syn());
  const auto& out = written(*packet);
  BOOST_TEST(out.size() == packet->size);
  BOOST_TEST(out.size() == 60u);
  const unsigned expected[] = {2,    4,    0x05, 0xb4, 4, 2, 8, 10, 0x11, 0x22,
                               0x33, 0x44, 0,    0,    0, 0, 1, 3,  3,    10};
  for (std::size_t i = 0; i < std::size(expected); ++i) BOOST_TEST(at(out, 40 + i) == expected[i]);
  BOOST_TEST(at(out, 32) == 0xa0u);  // ten words of header
  BOOST_TEST(at(out, 33) == 0x02u);  // SYN
}

BOOST_AUTO_TEST_CASE(checksums_are_right_for_every_protocol_and_family) {
  const std::string text = "an odd number of bytes.";
  for (const bool v6 : {false, true}) {
    auto segment = syn();
    segment.payload.slices[0] = Slice::copy_of(std::as_bytes(std::span(text)));
    segment.payload.slices[1] = Slice::copy_of(std::as_bytes(std::span(text)).first(4));
    UdpDatagram datagram{1000, 53, Slice::copy_of(std::as_bytes(std::span(text)))};
    for (const Transport& transport : {Transport(segment), Transport(datagram)}) {
      const auto packet = make(transport, v6);
      const auto& out = written(*packet);
      BOOST_TEST(out.size() == packet->size);
      if (!v6) BOOST_TEST(ip_checksum_of(out) == 0);
      BOOST_TEST(transport_checksum_of(out) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_corrupted_packet_has_a_wrong_checksum) {
  const auto packet = make(syn());
  packet->corrupted = true;
  const auto& out = written(*packet);
  BOOST_TEST(ip_checksum_of(out) == 0);
  BOOST_TEST(transport_checksum_of(out) != 0);
}

BOOST_AUTO_TEST_CASE(the_header_tells_of_congestion_and_of_what_the_peer_has) {
  auto segment = syn();
  segment.syn = false;
  segment.mss.reset();
  segment.window_scale.reset();
  segment.sack_permitted = false;
  segment.ack = segment.ece = segment.cwr = true;
  segment.sack_count = 2;
  segment.sack[0] = {100, 200};
  segment.sack[1] = {300, 400};
  const auto packet = make(segment);
  packet->ecn = Ecn::ce;
  const auto& out = written(*packet);
  BOOST_TEST(out.size() == packet->size);
  BOOST_TEST(at(out, 1) == 3u);      // CE
  BOOST_TEST(at(out, 33) == 0xd0u);  // CWR, ECE, ACK
  BOOST_TEST(at(out, 52) == 1u);
  BOOST_TEST(at(out, 54) == 5u);
  BOOST_TEST(at(out, 55) == 18u);
  BOOST_TEST(at(out, 59) == 100u);
  BOOST_TEST(at(out, 71) == 0x90u);  // 400
}

BOOST_AUTO_TEST_CASE(an_icmp_error_quotes_whom_it_is_about) {
  IcmpUnreachable message;
  message.reason = IcmpUnreachable::Reason::too_big;
  message.source = endpoint("203.0.113.10:80");
  message.destination = endpoint("192.0.2.2:40000");
  message.tcp_sequence = 77;
  message.quoted_size = 548;
  message.mtu = 1280;
  const auto packet = make(message);
  const auto& out = written(*packet);
  BOOST_TEST(out.size() == packet->size);
  Checksum checksum;
  checksum.add(std::span(out).subspan(20));
  BOOST_TEST(checksum.value() == 0);
  BOOST_TEST(at(out, 20) == 3u);
  BOOST_TEST(at(out, 21) == 4u);
  BOOST_TEST((at(out, 26) << 8 | at(out, 27)) == 1280u);
  BOOST_TEST((at(out, 48) << 8 | at(out, 49)) == 80u);
  BOOST_TEST(at(out, 55) == 77u);
}

// The blocks of a file: their types, and how often. Fails where their lengths do not fit.
std::map<unsigned, int> blocks_of(const ByteVector& file) {
  std::map<unsigned, int> counts;
  const auto u32 = [&](std::size_t index) {
    return at(file, index) | at(file, index + 1) << 8 | at(file, index + 2) << 16 |
           at(file, index + 3) << 24;
  };
  for (std::size_t begin = 0; begin < file.size();) {
    const auto length = u32(begin + 4);
    BOOST_REQUIRE(length % 4 == 0);
    BOOST_REQUIRE(begin + length <= file.size());
    BOOST_REQUIRE(u32(begin + length - 4) == length);
    ++counts[u32(begin)];
    begin += length;
  }
  return counts;
}

BOOST_AUTO_TEST_CASE(a_capture_holds_what_the_host_sent_and_received_and_counts_what_was_lost) {
  auto wire = direction(DataRate::mbit_per_second(20), 10ms);
  wire.loss = 0.02;
  TwoHosts hosts(LinkOptions::symmetric(wire));
  ByteVector file;
  Capture capture(hosts.simulation, [&](std::span<const std::byte> block) {
    file.insert(file.end(), block.begin(), block.end());
  });
  capture.add(hosts.link);
  hosts.server.spawn(serve_bytes(hosts.server, kServer, 500'000));
  BOOST_TEST(result_of(hosts.simulation, download(hosts.client, kServer)).value() == 500'000u);
  capture.finish();
  const auto up = hosts.link.up().counters();
  const auto down = hosts.link.down().counters();
  BOOST_REQUIRE(down.dropped_for(DropReason::loss).packets > 0u);
  auto blocks = blocks_of(file);
  BOOST_TEST(blocks[0x0a0d0d0a] == 1);
  BOOST_TEST(blocks[1] == 1);
  BOOST_TEST(blocks[5] == 1);
  BOOST_TEST(static_cast<std::uint64_t>(blocks[6]) == up.offered.packets + down.delivered.packets);
  const std::string text(reinterpret_cast<const char*>(file.data()), file.size());
  const auto lost = std::to_string(down.dropped_for(DropReason::loss).packets);
  BOOST_TEST(text.find("client/wifi/down: " + lost + " dropped (loss)") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::sim::test
