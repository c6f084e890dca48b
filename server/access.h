// Who a request is from, and what that one may do. doc/security.md has the rules for people.
//
// Thread safety: everything here may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/study_api.h"
#include "server/router.h"
#include "storage/token_table.h"

namespace studyhall::server {

// Who sent a request.
struct Caller {
  std::shared_ptr<const storage::TokenRecord> token;  // null: nobody in particular, who may do all
  std::string address;                                // IP address of the connection

  // The token's name, else the address.
  [[nodiscard]] const std::string& name() const { return token ? token->name : address; }
};

// The tokens that are good for something, by their hash.
class Access {
 public:
  // `clock` must outlive it. `required`: a request without a good token is refused.
  Access(const Clock& clock, bool required) : clock_(clock), required_(required) {}

  // Takes the place of all tokens before; revoked ones are left out.
  void set_tokens(const std::vector<storage::TokenRecord>& tokens);

  // The token that `authorization`, the header of that name, brings; null where it brings none that
  // is good and none is required. Throws Error(Unauthorized) where one is.
  [[nodiscard]] std::shared_ptr<const storage::TokenRecord> authenticate(
      std::string_view authorization) const;

  // Whether a token that was good still is: neither revoked nor expired.
  [[nodiscard]] bool is_good(const storage::TokenRecord& token) const;
  [[nodiscard]] bool required() const { return required_; }

 private:
  using Token = std::shared_ptr<const storage::TokenRecord>;
  using Book = std::unordered_map<std::string, Token>;

  [[nodiscard]] bool has_expired(const storage::TokenRecord& token) const;

  const Clock& clock_;
  const bool required_;
  std::atomic<std::shared_ptr<const Book>> book_{std::make_shared<const Book>()};
};

// A new token, as its holder is told it: "sh_" and 256 random bits as 64 hexadecimal digits.
std::string new_token();

// Verbs that a worker token may be allowed besides its own: "enqueue", "insight".
const std::vector<std::string>& allowable_verbs();

// Paths that need no token: /healthz, /readyz, and the web page, which asks for one itself.
bool is_public(std::string_view path);

// Throws Error(Forbidden), saying what the token is for, unless `call.caller` may make this call.
// What no rule names, a new route for instance, is for admin tokens, and for reading tokens where
// its method is GET.
void authorise(const Call& call);

// For a token that names a worker: `worker` becomes that one where it is empty, and
// Error(Forbidden) is thrown where it is another.
void act_as_worker(const Call& call, std::string& worker);
// For a token that names a worker, where no lease proves that the trial is its own: throws
// Error(Forbidden) where the trial that `call` is about is held by another.
void require_own_trial(StudyApi& api, const Call& call, const std::string& lease);
// The same of the task that `call` is about.
void require_own_task(StudyApi& api, const Call& call, const std::string& lease);
// The token's name, behind the author that the request names where it names another one:
// "ann (laptop)".
void sign(const Call& call, std::string& author);

}  // namespace studyhall::server
