// SPDX-License-Identifier: Apache-2.0
#pragma once
// Records by token, several for one token if they differ in their body. A hash table of places in small
// blocks: nothing is ever moved or rebuilt, so no call takes long, and an empty table holds no memory. A hand
// goes round over the places, for who clears away. Not thread-safe.

#include <callgate/replay/guard.hpp>
#include <cstdint>
#include <memory>
#include <vector>

namespace callgate::replay {

struct Record {
  Sha256 token{};
  Sha256 body{};
  base::WallTime forget_wall{};
  base::MonoTime forget_mono{};
  base::MonoTime lease_until{};
  std::uint64_t fence = 0;   // 0: settled
  std::uint32_t next = 0;    // the table's own
  std::uint16_t status = 0;  // once settled
  bool is_used = false;      // the table's own
  bool has_waiters = false;

  bool is_pending() const { return fence != 0; }
};
static_assert(sizeof(Record) == 104, "the header of MemoryLedger states this size");

class RecordTable {
 public:
  using Place = std::uint32_t;
  static constexpr Place kNone = 0xFFFF'FFFF;

  // `capacity` is between 1 and kNone - 1.
  explicit RecordTable(std::size_t capacity) : capacity_(capacity) {}

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool is_full() const { return size_ >= capacity_; }
  // How many places were ever used since the table was empty: a whole turn of the hand.
  std::size_t places() const { return places_; }

  Record& at(Place place) { return blocks_[place / kBlock][place % kBlock]; }

  // The records of a token, one after the other; kNone: no more. Erasing one leaves the others' order.
  Place first_of(const Sha256& token);
  Place next_of(Place place);

  // The table is not full.
  Place insert(const Record& record);
  void erase(Place place);

  // Moves the hand by one place; kNone if no record is there.
  Place turn_hand();

 private:
  static constexpr std::size_t kBlock = 64;

  Place& bucket_of(const Sha256& token);
  Place next_with(Place place, const Sha256& token);
  Place take_place();
  void release();

  std::size_t capacity_;
  std::size_t size_ = 0;
  std::size_t places_ = 0;
  std::size_t hand_ = 0;
  Place free_ = kNone;  // places given up, chained
  std::vector<Place> buckets_;
  std::vector<std::unique_ptr<Record[]>> blocks_;  // NOLINT(modernize-avoid-c-arrays)
};

}  // namespace callgate::replay
