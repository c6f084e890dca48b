// Answers that wait, and answers that go on: connections that no thread has.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <algorithm>

#include "server/http_connection.h"
#include "server/http_listener.h"

namespace studyhall::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPieceInterval{20};  // of one stream, at least

}  // namespace

std::size_t HttpListener::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(
      held_, [](const auto& entry) { return entry.second->waiting != nullptr; }));
}

// Keeps an answer that is made until what it says is durable.
void HttpListener::defer(const SharedConnection& connection, DeferredAnswer& answer, bool keep) {
  connection->keep = keep;
  answer.when_known([mailbox = mailbox_, connection](bool written) {
    mailbox->put(connection, written ? Fate::Written : Fate::Lost);
  });
}

void HttpListener::send_deferred() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(mailbox_->fd, &count, sizeof(count));
  std::vector<std::pair<std::weak_ptr<Connection>, Fate>> letters;
  {
    const std::lock_guard lock(mailbox_->mutex);
    letters.swap(mailbox_->letters);
  }
  for (const auto& [addressee, fate] : letters) {
    if (const SharedConnection connection = addressee.lock()) release(connection, fate);
  }
}

// A thread goes on with the connection where that may take time: to answer anew what was not
// written, to send what the client does not take yet, to answer a request that came meanwhile.
void HttpListener::release(const SharedConnection& connection, Fate fate) {
  SocketStream& stream = connection->stream;
  if (fate == Fate::Woken && !may_be_decided(connection)) return;
  if (fate == Fate::Lost) {
    stream.rewind();
    connection->may_defer = false;
    connection->keep = true;
  }
  const bool sent = fate == Fate::Written && stream.flush_now();
  if (sent && !connection->keep) return drop(connection);
  const bool is_over = sent && !stream.has_buffered();
  if (!watch(connection, is_over ? EPOLLIN : EPOLLOUT, EPOLL_CTL_MOD)) serve(connection, false);
}

// Keeps the connection without a thread; `events` make go_on() go on with it.
void HttpListener::hold(const SharedConnection& connection, std::uint32_t events) {
  busy_.erase(connection);
  held_[connection->stream.fd()] = connection;
  arm(*connection, events | EPOLLRDHUP, EPOLL_CTL_MOD);
}

HttpListener::SharedConnection HttpListener::take_held(int fd) {
  const auto found = held_.find(fd);
  if (found == held_.end()) return nullptr;
  SharedConnection connection = std::move(found->second);
  held_.erase(found);
  return connection;
}

// Throws away the answer that is none and waits.
void HttpListener::wait(const SharedConnection& connection) {
  connection->stream.shrink();
  connection->stream.rewind();
  connection->keep = true;
  const std::shared_ptr<Waiting> waiting = connection->waiting;
  {
    const std::lock_guard lock(mutex_);
    hold(connection, 0);
  }
  waiting->begin(
      [mailbox = mailbox_, held = std::weak_ptr(connection)] { mailbox->put(held, Fate::Woken); });
}

// Whether the request of a connection that was woken is to be decided anew; an answer that goes on
// is not, nor that to a client that has gone away meanwhile.
bool HttpListener::may_be_decided(const SharedConnection& connection) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(connection->stream.fd());
  const bool is_held = found != held_.end() && found->second == connection;
  if (connection->live) {
    connection->woken = true;
    // Pieces that come fast are gathered until look_after_streams().
    if (is_held && SteadyClock::now() - connection->looked_at >= kPieceInterval) {
      arm(*connection, EPOLLOUT | EPOLLRDHUP, EPOLL_CTL_MOD);
    }
    return false;
  }
  if (is_held) busy_.insert(take_held(connection->stream.fd()));
  return is_held;
}

// A held connection is ready: for a further piece, or its client has gone away.
void HttpListener::go_on(int fd, std::uint32_t events) {
  SharedConnection connection;
  {
    const std::lock_guard lock(mutex_);
    const bool has_left = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    const auto found = held_.find(fd);
    if (found == held_.end() || !(has_left || found->second->live)) return;
    connection = take_held(fd);
    if (has_left) return;
    busy_.insert(connection);
    connection->woken = false;
  }
  send_piece(connection);
}

void HttpListener::begin_stream(const SharedConnection& connection) {
  ++*streams_;
  connection->counted = std::shared_ptr<void>(nullptr, [streams = streams_](void*) { --*streams; });
  connection->live->begin(
      [mailbox = mailbox_, held = std::weak_ptr(connection)] { mailbox->put(held, Fate::Woken); });
  send_piece(connection);
}

// Sends what there is, if the client has taken what was sent before.
void HttpListener::send_piece(const SharedConnection& connection) {
  SocketStream& stream = connection->stream;
  bool more = false;
  connection->looked_at = SteadyClock::now();
  const std::size_t unsent = stream.unsent_bytes();
  try {
    if (stream.flush_now() && !connection->ended) {
      std::optional<std::string> piece = connection->live->next();
      more = piece && !piece->empty();
      if (piece && piece->empty() &&
          connection->looked_at >= connection->sent_at + options_.heartbeat) {
        piece = connection->live->heartbeat();
      }
      put_chunk(*connection, piece);
    }
  } catch (const std::exception& error) {
    spdlog::error("a stream is broken off: {}", error.what());
    return drop(connection);
  }
  const bool is_sent = stream.flush_now();
  const bool has_taken = is_sent || stream.unsent_bytes() < unsent || unsent == 0;
  if (has_taken) connection->taken_at = connection->looked_at;
  if (stream.is_broken() || (connection->ended && is_sent)) return drop(connection);
  const std::lock_guard lock(mutex_);
  connection->has_more = more || connection->woken || !is_sent;
  hold(connection, connection->has_more ? std::uint32_t{EPOLLOUT} : 0U);
}

// nullopt: the end.
void HttpListener::put_chunk(Connection& connection, const std::optional<std::string>& piece) {
  if (piece && piece->empty()) return;
  const std::string chunk =
      piece ? fmt::format("{:x}\r\n{}\r\n", piece->size(), *piece) : "0\r\n\r\n";
  connection.stream.put(chunk);
  connection.sent_at = SteadyClock::now();
  connection.ended = !piece;
}

// Wakes those with something to send, also a heartbeat, and drops those whose client takes nothing.
void HttpListener::look_after_streams(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(held_, [&](const auto& entry) {
    Connection& connection = *entry.second;
    if (!connection.live) return false;
    if (connection.has_more) return connection.taken_at + options_.stall_timeout < now;
    if (connection.woken || now >= connection.sent_at + options_.heartbeat) {
      connection.has_more = true;
      connection.taken_at = now;
      arm(connection, EPOLLOUT | EPOLLRDHUP, EPOLL_CTL_MOD);
    }
    return false;
  });
}

// Ends streams; decides anew, for the last time, what is waited for.
void HttpListener::answer_held() {
  std::unordered_map<int, SharedConnection> held;
  {
    const std::lock_guard lock(mutex_);
    held.swap(held_);
    for (const auto& [fd, connection] : held) busy_.insert(connection);
  }
  for (const auto& [fd, connection] : held) {
    if (connection->live) {
      put_chunk(*connection, std::nullopt);
      connection->stream.flush_now();
      drop(connection);
    } else {
      serve(connection, false);
    }
  }
}

}  // namespace studyhall::server
