/*
 * A load generator that sends what it is told and knows what has to come back: keeps one batch of requests in flight on each of
 * `connections` connections to 127.0.0.1:port.
 *
 *   script-load <port> <connections> <warm seconds> <measured seconds> <spin microseconds> <script>
 *
 * The script is a file of batches, all numbers 32 bits in the byte order of the machine:
 *
 *   number of batches, and for each: operations, bytes of requests, bytes of replies, the requests, the replies, a mask
 *
 * A connection sends a batch in one write, and the next one when all of its replies have come. Every reply byte is compared with
 * what it has to be, as far as the mask says so: it is 0 where a server may say what it likes.
 *
 * stdout, one JSON object a line:
 *   {"phase":"measuring"}                                            the warm-up is over
 *   {"phase":"done","replies":n,"seconds":s,"p50_us":x,"p99_us":y}   operations, and the turn-around of a batch
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

#include "measuring.h"


struct batch {
  uint32_t operations, request_bytes, reply_bytes;
  unsigned char *requests, *replies, *mask;
  int strict; /* whether the mask lets nothing through */
};

struct conn {
  int fd;
  uint32_t next;
  struct batch *batch;
  size_t unsent, answered;
  uint64_t sent_at;
};

static struct batch *batches;
static uint32_t batch_count;

static void watch(struct conn *conn, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.ptr = conn}};
  if (epoll_ctl(epoll_fd, operation, conn->fd, &event) != 0) fail("epoll_ctl");
}

static void read_all(FILE *file, void *to, size_t bytes) {
  if (fread(to, 1, bytes, file) != bytes) fail_plain("the script is too short");
}

static unsigned char *read_bytes(FILE *file, size_t bytes) {
  unsigned char *to = malloc(bytes + 1);
  if (to == NULL) fail("malloc");
  read_all(file, to, bytes);
  return to;
}

static void read_script(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail("script");
  read_all(file, &batch_count, sizeof batch_count);
  if (batch_count == 0) fail_plain("a script needs batches");
  batches = calloc(batch_count, sizeof *batches);
  if (batches == NULL) fail("calloc");
  for (uint32_t i = 0; i < batch_count; i++) {
    struct batch *batch = &batches[i];
    read_all(file, &batch->operations, 4);
    read_all(file, &batch->request_bytes, 4);
    read_all(file, &batch->reply_bytes, 4);
    if (batch->request_bytes == 0 || batch->reply_bytes == 0) fail_plain("a batch needs bytes");
    batch->requests = read_bytes(file, batch->request_bytes);
    batch->replies = read_bytes(file, batch->reply_bytes);
    batch->mask = read_bytes(file, batch->reply_bytes);
    batch->strict = 1;
    for (uint32_t at = 0; at < batch->reply_bytes; at++) batch->strict &= batch->mask[at] == 0xff;
  }
  fclose(file);
}

static void flush_batch(struct conn *conn, int was_blocked) {
  while (conn->unsent > 0) {
    ssize_t n = write(conn->fd, conn->batch->requests + (conn->batch->request_bytes - conn->unsent), conn->unsent);
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
  conn->batch = &batches[conn->next];
  conn->next = (conn->next + 1) % batch_count;
  conn->unsent = conn->batch->request_bytes;
  conn->answered = 0;
  conn->sent_at = now_ns();
  flush_batch(conn, 0);
}

static int differs(const unsigned char *got, const struct batch *batch, size_t at, size_t n) {
  if (batch->strict) return memcmp(got, batch->replies + at, n) != 0;
  unsigned char difference = 0;
  for (size_t i = 0; i < n; i++) difference |= (unsigned char)((got[i] ^ batch->replies[at + i]) & batch->mask[at + i]);
  return difference != 0;
}

/* One read, not a loop: epoll is level-triggered, and a second read would mostly be an EAGAIN. */
static size_t receive(struct conn *conn) {
  static unsigned char buffer[256 * 1024];
  struct batch *batch = conn->batch;
  ssize_t n = read(conn->fd, buffer, sizeof buffer);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail("read");
  }
  if (n == 0) fail_plain("the server closed a connection");
  if (conn->answered + (size_t)n > batch->reply_bytes) fail_plain("the server sent more than it was asked for");
  if (differs(buffer, batch, conn->answered, (size_t)n)) fail_plain("the server sent other bytes than it should");
  conn->answered += (size_t)n;
  if (conn->answered < batch->reply_bytes) return 0;
  if (conn->unsent > 0) fail_plain("the server answered before it was asked");
  histogram[bucket_of(now_ns() - conn->sent_at)]++;
  send_batch(conn);
  return batch->operations;
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
  conn->next = (index * 7u) % batch_count;
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: script-load port connections warm-seconds seconds spin-microseconds script\n");
    return 2;
  }
  int port = atoi(argv[1]), count = atoi(argv[2]);
  if (port < 1 || count < 1) fail_plain("bad arguments");
  uint64_t warm = (uint64_t)(atof(argv[3]) * 1e9), measured = (uint64_t)(atof(argv[4]) * 1e9);
  uint64_t spin = (uint64_t)(atof(argv[5]) * 1e3);
  read_script(argv[6]);
  signal(SIGPIPE, SIG_IGN);
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
  uint64_t replies = 0, begun = now_ns(), last_event = begun;
  for (;;) {
    uint64_t now = now_ns();
    if (phase == WARMING && now - begun >= warm) {
      phase = MEASURING;
      replies = 0;
      memset(histogram, 0, sizeof histogram);
      puts("{\"phase\":\"measuring\"}");
      fflush(stdout);
      begun = now_ns();
    } else if (phase == MEASURING && now - begun >= measured) {
      phase = TAIL;
      printf("{\"phase\":\"done\",\"replies\":%llu,\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
             (unsigned long long)replies, (double)(now - begun) / 1e9, percentile_us(0.50), percentile_us(0.99));
      fflush(stdout);
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
      if (events[i].events & ~(uint32_t)EPOLLOUT) replies += receive(conn);
    }
  }
}
