#include "server/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <climits>

#include "core/error.h"

namespace studyhall::server {
namespace {

std::string last_cause() {
  char text[256] = "unknown";
  const unsigned long code = ERR_peek_last_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return text;
}

void require(bool done, const char* what, const std::string& file) {
  if (done) return;
  throw Error(ErrorCode::Invalid, fmt::format("{} {}: {}", what, file, last_cause()));
}

std::shared_ptr<SSL_CTX> load(const std::string& cert, const std::string& key) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) throw Error(ErrorCode::Internal, "TLS: the cryptographic library refuses it");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  require(SSL_CTX_use_certificate_chain_file(context.get(), cert.c_str()) == 1, "--tls-cert", cert);
  require(SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) == 1,
          "--tls-key", key);
  require(SSL_CTX_check_private_key(context.get()) == 1, "--tls-key", key);
  return context;
}

void catch_sigpipe() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) return;
  now.sa_handler = [](int) {};
  ::sigaction(SIGPIPE, &now, nullptr);
}

}  // namespace

TlsSession::~TlsSession() {
  close();
  SSL_free(session_);
}

TransferStep TlsSession::outcome(int result) {
  if (result > 0) return {.bytes = result};
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ:
      return {.wait_for = POLLIN};
    case SSL_ERROR_WANT_WRITE:
      return {.wait_for = POLLOUT};
    case SSL_ERROR_ZERO_RETURN:
      return {.bytes = 0};
    default:
      failed_ = true;
      return {};
  }
}

TransferStep TlsSession::read(char* bytes, std::size_t size) {
  ERR_clear_error();
  return outcome(SSL_read(session_, bytes, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
}

TransferStep TlsSession::write(const char* bytes, std::size_t size) {
  ERR_clear_error();
  return outcome(
      SSL_write(session_, bytes, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
}

bool TlsSession::has_pending() const { return SSL_has_pending(session_) == 1; }

void TlsSession::close() {
  if (failed_ || SSL_is_init_finished(session_) != 1 ||
      (SSL_get_shutdown(session_) & SSL_SENT_SHUTDOWN) != 0) {
    return;
  }
  ERR_clear_error();
  SSL_shutdown(session_);
}

TlsServer::TlsServer(std::string cert, std::string key)
    : cert_(std::move(cert)), key_(std::move(key)), context_(load(cert_, key_)) {
  catch_sigpipe();
}

void TlsServer::reload() { context_.store(load(cert_, key_)); }

std::unique_ptr<TlsSession> TlsServer::session(int fd) const {
  const std::shared_ptr<SSL_CTX> context = context_.load();
  SSL* session = SSL_new(context.get());
  if (session == nullptr || SSL_set_fd(session, fd) != 1) {
    SSL_free(session);
    throw Error(ErrorCode::Unavailable, "TLS: no session: " + last_cause());
  }
  SSL_set_accept_state(session);
  return std::make_unique<TlsSession>(session);
}

}  // namespace studyhall::server
