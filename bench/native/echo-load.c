/*
 * The load generator of the echo benchmark: keeps `depth` lines of 64 bytes in flight on each of `connections`
 * connections to 127.0.0.1:port, and counts what comes back.
 *
 *   echo-load <port> <connections> <depth> <warm seconds> <measured seconds> [spin microseconds]
 *
 * A connection sends `depth` lines in one write and sends them again once all of them have been answered, so every
 * server gets the same batches, however it cuts up its replies. Every reply byte is compared with what was sent.
 *
 * stdout, one JSON object a line:
 *   {"phase":"measuring"}                                            the warm-up is over
 *   {"phase":"done","lines":n,"seconds":s,"p50_us":x,"p99_us":y}     turn-around of a batch, write to last byte
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
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINE 64
#define EVENTS 256
#define TAIL_SECONDS 3
/* No event for this long means that the server lost something: better an error than a slow figure. */
#define STALL_NS 2000000000ull
/* A histogram of 32 buckets per power of two: within 3 % of the true value, without storing samples. */
#define SUB_BITS 5
#define BUCKETS (64 << SUB_BITS)

struct conn {
  int fd;
  unsigned char *lines; /* the batch, twice in a row: received bytes may straddle the end of the batch */
  size_t unsent;        /* bytes of the current batch that the socket has not taken yet */
  size_t answered;      /* bytes of the current batch that came back */
  uint64_t sent_at;
};

static size_t batch_bytes;
static uint64_t histogram[BUCKETS];
static int epoll_fd;

static void fail(const char *reason) {
  printf("{\"phase\":\"failed\",\"reason\":\"%s%s%s\"}\n", reason, errno ? ": " : "", errno ? strerror(errno) : "");
  fflush(stdout);
  exit(1);
}

static void fail_plain(const char *reason) {
  errno = 0;
  fail(reason);
}

static uint64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000000ull + (uint64_t)at.tv_nsec;
}

static unsigned bucket_of(uint64_t value) {
  if (value < (1u << SUB_BITS)) return (unsigned)value;
  unsigned shift = 63u - (unsigned)__builtin_clzll(value) - SUB_BITS;
  return ((shift + 1u) << SUB_BITS) | (unsigned)((value >> shift) & ((1u << SUB_BITS) - 1u));
}

/* The middle of a bucket, in nanoseconds. */
static double value_of(unsigned bucket) {
  if (bucket < (1u << SUB_BITS)) return bucket;
  unsigned shift = (bucket >> SUB_BITS) - 1u;
  uint64_t low = ((uint64_t)(1u << SUB_BITS) | (bucket & ((1u << SUB_BITS) - 1u))) << shift;
  return (double)low + (double)(1ull << shift) / 2.0;
}

static double percentile_us(double share) {
  uint64_t total = 0, seen = 0;
  for (unsigned i = 0; i < BUCKETS; i++) total += histogram[i];
  uint64_t rank = (uint64_t)(share * (double)total);
  for (unsigned i = 0; i < BUCKETS; i++) {
    seen += histogram[i];
    if (seen > rank) return value_of(i) / 1000.0;
  }
  return 0.0;
}

static void watch(struct conn *conn, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.ptr = conn}};
  if (epoll_ctl(epoll_fd, operation, conn->fd, &event) != 0) fail("epoll_ctl");
}

static void flush_batch(struct conn *conn, int was_blocked) {
  while (conn->unsent > 0) {
    ssize_t n = write(conn->fd, conn->lines + (batch_bytes - conn->unsent), conn->unsent);
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
static size_t receive(struct conn *conn) {
  static unsigned char buffer[256 * 1024];
  ssize_t n = read(conn->fd, buffer, sizeof buffer);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail("read");
  }
  if (n == 0) fail_plain("the server closed a connection");
  size_t end = conn->answered + (size_t)n;
  if (end > batch_bytes - conn->unsent) fail_plain("the server sent more than it was sent");
  if (memcmp(buffer, conn->lines + conn->answered, (size_t)n) != 0) fail_plain("the server sent other bytes back");
  size_t lines = end / LINE - conn->answered / LINE;
  conn->answered = end;
  if (end == batch_bytes) {
    histogram[bucket_of(now_ns() - conn->sent_at)]++;
    send_batch(conn);
  }
  return lines;
}

static void open_connection(struct conn *conn, unsigned index, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int one = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) fail("socket");
  if (connect(conn->fd, (struct sockaddr *)&to, sizeof to) != 0) fail("connect");
  if (setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) fail("TCP_NODELAY");
  if (fcntl(conn->fd, F_SETFL, O_NONBLOCK) != 0) fail("O_NONBLOCK");
  conn->lines = malloc(batch_bytes);
  if (conn->lines == NULL) fail("malloc");
  /* Printable, and different on every line and connection, so that mixed-up replies show. */
  for (size_t i = 0; i < batch_bytes; i++) {
    size_t line = i / LINE, column = i % LINE;
    conn->lines[i] = column == LINE - 1 ? '\n' : (unsigned char)('!' + (index * 31u + line * 7u + column) % 90u);
  }
}

static void report(uint64_t lines, uint64_t nanoseconds) {
  printf("{\"phase\":\"done\",\"lines\":%llu,\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
         (unsigned long long)lines, (double)nanoseconds / 1e9, percentile_us(0.50), percentile_us(0.99));
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "usage: echo-load port connections depth warm-seconds seconds [spin-microseconds]\n");
    return 2;
  }
  int port = atoi(argv[1]), count = atoi(argv[2]), depth = atoi(argv[3]);
  if (port < 1 || count < 1 || depth < 1) fail_plain("bad arguments");
  uint64_t warm = (uint64_t)(atof(argv[4]) * 1e9), measured = (uint64_t)(atof(argv[5]) * 1e9);
  uint64_t spin = argc > 6 ? (uint64_t)(atof(argv[6]) * 1e3) : 0;
  signal(SIGPIPE, SIG_IGN);
  batch_bytes = (size_t)depth * LINE;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) fail("epoll_create1");
  struct epoll_event on_stdin = {.events = EPOLLIN, .data = {.ptr = NULL}};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &on_stdin) != 0) fail("stdin must be a pipe");

  struct conn *conns = calloc((size_t)count, sizeof *conns);
  if (conns == NULL) fail("calloc");
  for (int i = 0; i < count; i++) {
    open_connection(&conns[i], (unsigned)i, port);
    watch(&conns[i], EPOLL_CTL_ADD, EPOLLIN);
  }
  for (int i = 0; i < count; i++) send_batch(&conns[i]);

  enum { WARMING, MEASURING, TAIL } phase = WARMING;
  struct epoll_event events[EVENTS];
  uint64_t lines = 0, begun = now_ns(), last_event = begun;
  for (;;) {
    uint64_t now = now_ns();
    if (phase == WARMING && now - begun >= warm) {
      phase = MEASURING;
      lines = 0;
      memset(histogram, 0, sizeof histogram);
      puts("{\"phase\":\"measuring\"}");
      fflush(stdout);
      begun = now_ns();
    } else if (phase == MEASURING && now - begun >= measured) {
      phase = TAIL;
      report(lines, now - begun);
      begun = now_ns();
    } else if (phase == TAIL && now - begun >= TAIL_SECONDS * 1000000000ull) {
      return 0;
    }
    /* Spinning for a while before sleeping keeps the cost of waking this core out of the server's writes. */
    int n = epoll_wait(epoll_fd, events, EVENTS, now - last_event < spin ? 0 : 5);
    if (n < 0 && errno != EINTR) fail("epoll_wait");
    if (n > 0) last_event = now;
    if (now - last_event > STALL_NS) fail_plain("no reply for 2 seconds");
    for (int i = 0; i < n; i++) {
      struct conn *conn = events[i].data.ptr;
      if (conn == NULL) {
        char ignored[64];
        if (read(0, ignored, sizeof ignored) <= 0) return 0;
        continue;
      }
      if (events[i].events & EPOLLOUT) flush_batch(conn, 1);
      if (events[i].events & ~(uint32_t)EPOLLOUT) lines += receive(conn);
    }
  }
}
