/*
 * The load generator of the benchmarks: keeps `depth` requests in flight on each of `connections` connections to
 * 127.0.0.1:port, and counts the replies.
 *
 *   load [--tls <cipher suite>] <port> <connections> <depth> <warm seconds> <measured seconds> <spin microseconds>
 *        <payload bytes> <request prefix> <reply prefix> <suffix>
 *
 * With --tls it speaks TLS 1.3 with that one suite, trusts every certificate, and has shaken hands on all connections before
 * the warm-up begins. That needs OpenSSL: cc -DWITH_TLS ... -lssl -lcrypto.
 *
 * A request is its prefix, a payload and the suffix; its reply is another prefix, the same payload and the same suffix.
 * Prefixes and suffix are hexadecimal, "-" for none.
 *
 * A connection sends `depth` requests in one write and sends them again once all of them have been answered, so every
 * server gets the same batches, however it cuts up its replies. Every reply byte is compared with what it has to be. A reply may
 * begin before all of its request has been sent, but is never ahead of it. All connections are accepted before the warm-up begins.
 *
 * stdout, one JSON object a line:
 *   {"phase":"measuring"}                                            the warm-up is over
 *   {"phase":"done","replies":n,"seconds":s,"p50_us":x,"p99_us":y}   turn-around of a batch, write to last byte; n has a fraction,
 *                                                                    since few large replies come in a slice
 *   {"phase":"failed","reason":"..."}                                followed by exit status 1
 * After "done" the load goes on, so that the reader can sample the server under load, until stdin closes (or at most
 * TAIL_SECONDS).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measuring.h"
#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

#define FIXED 64
/* Connections that wait to be accepted at a time. One beyond the backlog of its server, 511 with Node, tries again after a second. */
#define UNACCEPTED 256

/* What is the same in every frame, in front of its payload or behind it. */
struct fixed {
  unsigned char bytes[FIXED];
  size_t length;
};

struct conn {
  int fd;
  unsigned char *requests; /* the batch */
  unsigned char *replies;  /* what has to come back for it */
  size_t unsent;           /* bytes of the current batch that the socket has not taken yet */
  size_t answered;         /* bytes of its replies that have come */
  uint64_t sent_at;
  int drained;             /* whether the last read has found nothing */
#ifdef WITH_TLS
  SSL *tls;                /* NULL without TLS */
#endif
};

static struct fixed request_prefix, reply_prefix, suffix;
static size_t payload_bytes, request_bytes, reply_bytes, depth;
static size_t batch_bytes; /* of requests */
static int echoed;         /* whether replies are the requests */
static int looping;        /* whether an answered batch is sent again */
static uint64_t last_event;

static void watch(struct conn *conn, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.ptr = conn}};
  if (epoll_ctl(epoll_fd, operation, conn->fd, &event) != 0) fail("epoll_ctl");
}

#ifdef WITH_TLS
static SSL_CTX *tls_context;

static void fail_tls(const char *what) {
  unsigned long code = ERR_get_error();
  char reason[512];
  const char *why = code == 0 ? NULL : ERR_reason_error_string(code);
  snprintf(reason, sizeof reason, "%s: %s", what, why == NULL ? "the connection broke" : why);
  fail_plain(reason);
}

static void use_tls(const char *suite) {
  tls_context = SSL_CTX_new(TLS_client_method());
  if (tls_context == NULL) fail_tls("TLS");
  if (SSL_CTX_set_min_proto_version(tls_context, TLS1_3_VERSION) != 1) fail_tls("TLS 1.3");
  if (SSL_CTX_set_ciphersuites(tls_context, suite) != 1) fail_tls(suite);
  SSL_CTX_set_verify(tls_context, SSL_VERIFY_NONE, NULL);
  /* A record takes one read, not one for its header and one for its body. */
  SSL_CTX_set_read_ahead(tls_context, 1);
  SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE);
}

static void shake_hands(struct conn *conn) {
  conn->tls = SSL_new(tls_context);
  if (conn->tls == NULL || SSL_set_fd(conn->tls, conn->fd) != 1) fail_tls("TLS");
  if (SSL_connect(conn->tls) != 1) fail_tls("handshake");
}

/* What write() and read() return: -1 and EAGAIN when the socket has to be waited for. */
static ssize_t result_of(struct conn *conn, int result, int wait, const char *what) {
  if (result > 0) return result;
  int error = SSL_get_error(conn->tls, result);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  if (error != wait) fail_tls(what);
  errno = EAGAIN;
  return -1;
}

static ssize_t write_some(struct conn *conn, const unsigned char *bytes, size_t n) {
  if (conn->tls == NULL) return write(conn->fd, bytes, n);
  ERR_clear_error();
  return result_of(conn, SSL_write(conn->tls, bytes, (int)n), SSL_ERROR_WANT_WRITE, "SSL_write");
}

static ssize_t read_some(struct conn *conn, unsigned char *buffer, size_t n) {
  if (conn->tls == NULL) return read(conn->fd, buffer, n);
  ERR_clear_error();
  return result_of(conn, SSL_read(conn->tls, buffer, (int)n), SSL_ERROR_WANT_READ, "SSL_read");
}

/* Records that were read ahead: epoll does not know of them. */
static int has_more(struct conn *conn) { return conn->tls != NULL && SSL_has_pending(conn->tls); }
#else
static void use_tls(const char *suite) {
  (void)suite;
  fail_plain("compiled without TLS");
}

static void shake_hands(struct conn *conn) { (void)conn; }

static ssize_t write_some(struct conn *conn, const unsigned char *bytes, size_t n) { return write(conn->fd, bytes, n); }

static ssize_t read_some(struct conn *conn, unsigned char *buffer, size_t n) { return read(conn->fd, buffer, n); }

static int has_more(struct conn *conn) {
  (void)conn;
  return 0;
}
#endif

static void flush_batch(struct conn *conn, int was_blocked) {
  while (conn->unsent > 0) {
    ssize_t n = write_some(conn, conn->requests + (batch_bytes - conn->unsent), conn->unsent);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) fail("write");
      if (!was_blocked) watch(conn, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return;
    }
    conn->unsent -= (size_t)n;
  }
  if (was_blocked) watch(conn, EPOLL_CTL_MOD, EPOLLIN);
}

static void send_batch(struct conn *conn) {
  conn->unsent = batch_bytes;
  conn->answered = 0;
  conn->sent_at = now_ns();
  flush_batch(conn, 0);
}

/* One read, not a loop: epoll is level-triggered, and a second read would mostly be an EAGAIN. */
static size_t receive_some(struct conn *conn) {
  static unsigned char buffer[256 * 1024];
  ssize_t n = read_some(conn, buffer, sizeof buffer);
  if (n < 0) {
    if (errno == EAGAIN) conn->drained = 1;
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail("read");
  }
  if (n == 0) fail_plain("the server closed a connection");
  size_t end = conn->answered + (size_t)n;
  size_t sent = batch_bytes - conn->unsent, begun = sent % request_bytes;
  size_t due = sent / request_bytes * reply_bytes + (begun < reply_bytes ? begun : reply_bytes);
  if (end > due) fail_plain("the server sent more than it was asked for");
  if (memcmp(buffer, conn->replies + conn->answered, (size_t)n) != 0) fail_plain("the server sent other bytes back");
  conn->answered = end;
  if (end == depth * reply_bytes) {
    histogram[bucket_of(now_ns() - conn->sent_at)]++;
    if (looping) send_batch(conn);
  }
  return (size_t)n;
}

/* All that is there; how many bytes of replies that is. */
static size_t receive(struct conn *conn) {
  conn->drained = 0;
  size_t bytes = receive_some(conn);
  while (!conn->drained && has_more(conn)) bytes += receive_some(conn);
  return bytes;
}

/* Does what there is to do, or waits for it for a while, in ms. */
static size_t serve_events(uint64_t now, int wait) {
  struct epoll_event events[EVENTS];
  size_t bytes = 0;
  int n = epoll_wait(epoll_fd, events, EVENTS, wait);
  if (n < 0 && errno != EINTR) fail("epoll_wait");
  if (n > 0) last_event = now;
  if (now - last_event > STALL_NS) fail_plain("no reply for 2 seconds");
  for (int i = 0; i < n; i++) {
    struct conn *conn = events[i].data.ptr;
    if (conn == NULL) {
      char ignored[64];
      if (read(0, ignored, sizeof ignored) <= 0) exit(0);
      continue;
    }
    if (events[i].events & EPOLLOUT) flush_batch(conn, 1);
    if (events[i].events & ~(uint32_t)EPOLLOUT) bytes += receive(conn);
  }
  return bytes;
}

static unsigned char *put(unsigned char *at, const struct fixed *fixed) {
  memcpy(at, fixed->bytes, fixed->length);
  return at + fixed->length;
}

/* Printable, and different in every frame and connection, so that mixed-up replies show. */
static unsigned char *batch_of(unsigned index, const struct fixed *prefix, size_t frame_bytes) {
  unsigned char *batch = malloc(depth * frame_bytes), *at = batch;
  if (batch == NULL) fail("malloc");
  for (size_t frame = 0; frame < depth; frame++) {
    at = put(at, prefix);
    for (size_t column = 0; column < payload_bytes; column++) {
      *at++ = (unsigned char)('!' + (index * 31u + frame * 7u + column) % 90u);
    }
    at = put(at, &suffix);
  }
  return batch;
}

static void open_connection(struct conn *conn, unsigned index, int port, int encrypt) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int one = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) fail("socket");
  if (connect(conn->fd, (struct sockaddr *)&to, sizeof to) != 0) fail("connect");
  if (setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) fail("TCP_NODELAY");
  if (encrypt) shake_hands(conn);
  if (fcntl(conn->fd, F_SETFL, O_NONBLOCK) != 0) fail("O_NONBLOCK");
  conn->requests = batch_of(index, &request_prefix, request_bytes);
  conn->replies = echoed ? conn->requests : batch_of(index, &reply_prefix, reply_bytes);
  watch(conn, EPOLL_CTL_ADD, EPOLLIN);
}

/* Waits for the answers to one batch: servers accept in order, so they have accepted what was opened before, too. */
static void await_accept(struct conn *conn) {
  last_event = now_ns();
  send_batch(conn);
  while (conn->answered < depth * reply_bytes) serve_events(now_ns(), 5);
}

/* As many descriptors as this process may have. */
static void raise_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void report(uint64_t bytes, uint64_t nanoseconds) {
  printf("{\"phase\":\"done\",\"replies\":%.3f,\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
         (double)bytes / (double)reply_bytes, (double)nanoseconds / 1e9, percentile_us(0.50), percentile_us(0.99));
  fflush(stdout);
}

static void read_fixed(struct fixed *fixed, const char *hex) {
  unsigned byte;
  if (strcmp(hex, "-") == 0) return;
  for (; sscanf(hex, "%2x", &byte) == 1 && fixed->length < FIXED; hex += 2) {
    fixed->bytes[fixed->length++] = (unsigned char)byte;
    if (hex[1] == 0) break;
  }
}

int main(int argc, char **argv) {
  int encrypt = argc > 2 && strcmp(argv[1], "--tls") == 0;
  if (encrypt) {
    use_tls(argv[2]);
    argc -= 2;
    argv += 2;
  }
  if (argc != 11) {
    fprintf(stderr, "usage: load [--tls suite] port connections depth warm-seconds seconds spin-microseconds "
                    "payload-bytes request-prefix reply-prefix suffix\n");
    return 2;
  }
  int port = atoi(argv[1]), count = atoi(argv[2]);
  depth = strtoul(argv[3], NULL, 10);
  payload_bytes = strtoul(argv[7], NULL, 10);
  if (port < 1 || count < 1 || depth < 1) fail_plain("bad arguments");
  uint64_t warm = (uint64_t)(atof(argv[4]) * 1e9), measured = (uint64_t)(atof(argv[5]) * 1e9);
  uint64_t spin = (uint64_t)(atof(argv[6]) * 1e3);
  read_fixed(&request_prefix, argv[8]);
  read_fixed(&reply_prefix, argv[9]);
  read_fixed(&suffix, argv[10]);
  request_bytes = request_prefix.length + payload_bytes + suffix.length;
  reply_bytes = reply_prefix.length + payload_bytes + suffix.length;
  if (request_bytes == 0 || reply_bytes == 0) fail_plain("a frame needs bytes");
  echoed = request_prefix.length == reply_prefix.length &&
           memcmp(request_prefix.bytes, reply_prefix.bytes, reply_prefix.length) == 0;
  signal(SIGPIPE, SIG_IGN);
  batch_bytes = depth * request_bytes;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) fail("epoll_create1");
  struct epoll_event on_stdin = {.events = EPOLLIN, .data = {.ptr = NULL}};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &on_stdin) != 0) fail("stdin must be a pipe");

  struct conn *conns = calloc((size_t)count, sizeof *conns);
  if (conns == NULL) fail("calloc");
  raise_descriptors();
  for (int i = 0; i < count; i++) {
    open_connection(&conns[i], (unsigned)i, port, encrypt);
    if ((i + 1) % UNACCEPTED == 0 || i + 1 == count) await_accept(&conns[i]);
  }
  looping = 1;
  for (int i = 0; i < count; i++) send_batch(&conns[i]);

  enum { WARMING, MEASURING, TAIL } phase = WARMING;
  uint64_t bytes = 0, begun = last_event = now_ns();
  for (;;) {
    uint64_t now = now_ns();
    if (phase == WARMING && now - begun >= warm) {
      phase = MEASURING;
      bytes = 0;
      memset(histogram, 0, sizeof histogram);
      puts("{\"phase\":\"measuring\"}");
      fflush(stdout);
      begun = now_ns();
    } else if (phase == MEASURING && now - begun >= measured) {
      phase = TAIL;
      report(bytes, now - begun);
      begun = now_ns();
    } else if (phase == TAIL && now - begun >= TAIL_SECONDS * 1000000000ull) {
      return 0;
    }
    /* Spinning for a while before sleeping keeps the cost of waking this core out of the server's writes. */
    bytes += serve_events(now, now - last_event < spin ? 0 : 5);
  }
}
