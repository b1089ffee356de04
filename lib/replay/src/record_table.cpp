// SPDX-License-Identifier: Apache-2.0
#include "record_table.hpp"

#include <bit>
#include <cstring>

namespace callgate::replay {

// The bytes behind those that choose the shard.
RecordTable::Place& RecordTable::bucket_of(const Sha256& token) {
  std::uint64_t number = 0;
  std::memcpy(&number, token.data() + sizeof number, sizeof number);
  return buckets_[number & (buckets_.size() - 1)];
}

RecordTable::Place RecordTable::next_with(Place place, const Sha256& token) {
  while (place != kNone && at(place).token != token) place = at(place).next;
  return place;
}

RecordTable::Place RecordTable::first_of(const Sha256& token) {
  return size_ == 0 ? kNone : next_with(bucket_of(token), token);
}

RecordTable::Place RecordTable::next_of(Place place) {
  return next_with(at(place).next, at(place).token);
}

RecordTable::Place RecordTable::take_place() {
  if (free_ != kNone) {
    const Place place = free_;
    free_ = at(place).next;
    return place;
  }
  if (places_ % kBlock == 0) blocks_.push_back(std::make_unique<Record[]>(kBlock));
  return static_cast<Place>(places_++);
}

RecordTable::Place RecordTable::insert(const Record& record) {
  if (buckets_.empty()) buckets_.assign(std::bit_ceil(capacity_), kNone);
  const Place place = take_place();
  Place& bucket = bucket_of(record.token);
  at(place) = record;
  at(place).next = bucket;
  at(place).is_used = true;
  bucket = place;
  ++size_;
  return place;
}

void RecordTable::erase(Place place) {
  Place* link = &bucket_of(at(place).token);
  while (*link != place) link = &at(*link).next;
  *link = at(place).next;
  at(place) = Record{};
  at(place).next = free_;
  free_ = place;
  if (--size_ == 0) release();
}

RecordTable::Place RecordTable::turn_hand() {
  if (size_ == 0) return kNone;
  hand_ = hand_ + 1 < places_ ? hand_ + 1 : 0;
  const auto place = static_cast<Place>(hand_);
  return at(place).is_used ? place : kNone;
}

void RecordTable::release() {
  places_ = 0;
  hand_ = 0;
  free_ = kNone;
  std::vector<Place>().swap(buckets_);
  blocks_.clear();
  blocks_.shrink_to_fit();
}

}  // namespace callgate::replay
