// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text for people (logs, the admin port) without the phone numbers in it. Senders put them into paths and
// ids. Never for what is stored, handed on or looked up. Pure, total, any thread.

#include <string>
#include <string_view>

namespace callgate::events {

// Each phone number with its first two and its last three digits alone: "+447700900123" is "+44...123".
// A number is seven digits or more behind
//   "+", also as "%2B";
//   "4:", also as "4%3A": how Call Automation marks phone numbers. Not behind another digit: "14:" is a time.
// Between two digits may stand up to two of " -.()", where "%20" is one. Digits alone are no number: ids have
// many. What is masked once stays as it is.
std::string mask_phone_numbers(std::string_view text);

}  // namespace callgate::events
