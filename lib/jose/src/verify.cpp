// SPDX-License-Identifier: Apache-2.0
#include <callgate/jose/verify.hpp>

#include "signature.hpp"

namespace callgate::jose {

using refusal::Judged;
using refusal::Reason;
using refusal::refuse;

Judged<VerifiedPayload> verify(const CompactToken& token, const Key& key) {
  if (auto misfit = key.misfit(token.algorithm())) return refuse(Reason::key_unsuitable, std::move(*misfit));
  if (!signature_holds(key, token.algorithm(), token.signing_input(), token.signature_)) {
    return refuse(Reason::signature_invalid, "the signature does not match the token and the key");
  }
  return VerifiedPayload(token.payload_, token.kid(), token.algorithm());
}

std::vector<Judged<VerifiedPayload>> verify_all(std::span<const Task> tasks) {
  std::vector<Judged<VerifiedPayload>> out;
  out.reserve(tasks.size());
  for (const Task& task : tasks) out.push_back(verify(*task.token, *task.key));
  return out;
}

}  // namespace callgate::jose
