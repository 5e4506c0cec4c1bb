/*
 * A load generator for Gearman job servers: clients and workers in one process, on connections to 127.0.0.1:port.
 *
 *   gearman-load <port> <mode> <clients> <window> <workers> <warm seconds> <measured seconds> <spin microseconds>
 *
 *   foreground   each client keeps `window` SUBMIT_JOB in flight until their WORK_COMPLETE; workers answer with the payload
 *   background   each client keeps `window` SUBMIT_JOB_BG in flight until their JOB_CREATED; nobody does them
 *   echo         each client keeps `window` ECHO_REQ in flight
 *   fill         one client submits <measured seconds> jobs (a number here), and ends when they are acknowledged
 *   drain        `workers` do what there is, and end when there is no more
 *
 * Payloads have 64 bytes, and every byte that comes back is looked at. What one read brings is answered by one write; a worker sends its result and
 * the next GRAB_JOB_UNIQ together, as real ones that are quick do.
 *
 * stdout, one JSON object a line:
 *   {"phase":"measuring"}                                            the warm-up is over
 *   {"phase":"done","replies":n,"seconds":s,"p50_us":x,"p99_us":y}   operations, and the turn-around of one in so many as are in flight
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

#define PAYLOAD 64
#define HEADER 12
#define INPUT (256 * 1024)

enum { CAN_DO = 1, PRE_SLEEP = 4, NOOP = 6, SUBMIT_JOB = 7, JOB_CREATED = 8, NO_JOB = 10, WORK_COMPLETE = 13,
       ECHO_REQ = 16, ECHO_RES = 17, SUBMIT_JOB_BG = 18, GRAB_JOB_UNIQ = 30, JOB_ASSIGN_UNIQ = 31 };

struct conn {
  int fd, worker;
  unsigned char *in, *out;
  size_t held, queued, sent, room;
  /* Of a client: requests so far, and when the one was sent whose turn-around is measured. */
  uint64_t requests, replies, marked;
  uint64_t marked_at;
};

static unsigned char payload[PAYLOAD];
static unsigned char request[256];
static size_t request_length;
static int answered_by;
static uint64_t answered, drained;
static int idle_workers, ending_when_idle;

static uint32_t u32(const unsigned char *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void watch(struct conn *conn, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.ptr = conn}};
  if (epoll_ctl(epoll_fd, operation, conn->fd, &event) != 0) fail("epoll_ctl");
}

static unsigned char *room_for(struct conn *conn, size_t bytes) {
  if (conn->queued + bytes > conn->room) {
    conn->room = 2 * (conn->queued + bytes);
    conn->out = realloc(conn->out, conn->room);
    if (conn->out == NULL) fail("realloc");
  }
  unsigned char *at = conn->out + conn->queued;
  conn->queued += bytes;
  return at;
}

static size_t write_header(unsigned char *at, uint32_t type, uint32_t length) {
  unsigned char header[HEADER] = {0, 'R', 'E', 'Q', 0, 0, 0, (unsigned char)type, (unsigned char)(length >> 24),
                                  (unsigned char)(length >> 16), (unsigned char)(length >> 8), (unsigned char)length};
  memcpy(at, header, HEADER);
  return HEADER;
}

static void queue_packet(struct conn *conn, uint32_t type, const void *body, uint32_t length) {
  unsigned char *at = room_for(conn, HEADER + length);
  write_header(at, type, length);
  if (length > 0) memcpy(at + HEADER, body, length);
}

static void queue_requests(struct conn *conn, unsigned count) {
  if (count == 0) return;
  unsigned char *at = room_for(conn, count * request_length);
  for (unsigned i = 0; i < count; i++) memcpy(at + i * request_length, request, request_length);
  if (conn->marked_at == 0) {
    conn->marked = conn->requests;
    conn->marked_at = now_ns();
  }
  conn->requests += count;
}

static void flush_out(struct conn *conn, int was_blocked) {
  while (conn->sent < conn->queued) {
    ssize_t n = write(conn->fd, conn->out + conn->sent, conn->queued - conn->sent);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) fail("write");
      if (!was_blocked) watch(conn, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return;
    }
    conn->sent += (size_t)n;
  }
  conn->sent = conn->queued = 0;
  if (was_blocked) watch(conn, EPOLL_CTL_MOD, EPOLLIN);
}

static void check_payload(const unsigned char *at, size_t length) {
  if (length != PAYLOAD || memcmp(at, payload, PAYLOAD) != 0) fail_plain("the server sent another payload than it got");
}

/* Where the argument behind the next NUL starts. */
static const unsigned char *behind_nul(const unsigned char *at, const unsigned char *end) {
  const unsigned char *nul = memchr(at, 0, (size_t)(end - at));
  if (nul == NULL) fail_plain("an argument is missing");
  return nul + 1;
}

static void do_job(struct conn *conn, const unsigned char *body, uint32_t length) {
  const unsigned char *end = body + length;
  const unsigned char *function = behind_nul(body, end);
  if (memcmp(function, "bench", 6) != 0) fail_plain("a job of another function came");
  const unsigned char *data = behind_nul(function + 6, end);
  check_payload(data, (size_t)(end - data));
  size_t handle = (size_t)(function - body);
  unsigned char *at = room_for(conn, HEADER + handle + PAYLOAD + HEADER);
  at += write_header(at, WORK_COMPLETE, (uint32_t)(handle + PAYLOAD));
  memcpy(at, body, handle);
  memcpy(at + handle, data, PAYLOAD);
  write_header(at + handle + PAYLOAD, GRAB_JOB_UNIQ, 0);
  drained++;
}

static void on_worker_packet(struct conn *conn, uint32_t type, const unsigned char *body, uint32_t length) {
  if (type == JOB_ASSIGN_UNIQ) {
    do_job(conn, body, length);
  } else if (type == NO_JOB) {
    if (ending_when_idle) idle_workers++;
    else queue_packet(conn, PRE_SLEEP, NULL, 0);
  } else if (type == NOOP) {
    queue_packet(conn, GRAB_JOB_UNIQ, NULL, 0);
  } else {
    fail_plain("a worker got a packet that is not for it");
  }
}

/* Returns whether it answers a request. */
static int on_client_packet(struct conn *conn, uint32_t type, const unsigned char *body, uint32_t length) {
  if (type == JOB_CREATED && length < 4) fail_plain("a handle is missing");
  if (type != (uint32_t)answered_by) {
    if (type == JOB_CREATED) return 0;
    fail_plain("a client got a packet that it did not ask for");
  }
  if (type == WORK_COMPLETE) {
    const unsigned char *data = behind_nul(body, body + length);
    check_payload(data, (size_t)(body + length - data));
  } else if (type == ECHO_RES) {
    check_payload(body, length);
  }
  if (conn->marked_at != 0 && conn->replies == conn->marked) {
    histogram[bucket_of(now_ns() - conn->marked_at)]++;
    conn->marked_at = 0;
  }
  conn->replies++;
  return 1;
}

/* One read, not a loop: epoll is level-triggered, and a second read would mostly be an EAGAIN. */
static unsigned receive(struct conn *conn) {
  ssize_t n = read(conn->fd, conn->in + conn->held, INPUT - conn->held);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail("read");
  }
  if (n == 0) fail_plain("the server closed a connection");
  conn->held += (size_t)n;
  size_t at = 0;
  unsigned replies = 0;
  while (conn->held - at >= HEADER) {
    const unsigned char *packet = conn->in + at;
    if (memcmp(packet, "\0RES", 4) != 0) fail_plain("the server sent no packet");
    uint32_t type = u32(packet + 4), length = u32(packet + 8);
    if (conn->held - at < HEADER + length) break;
    if (conn->worker) on_worker_packet(conn, type, packet + HEADER, length);
    else replies += (unsigned)on_client_packet(conn, type, packet + HEADER, length);
    at += HEADER + length;
  }
  memmove(conn->in, conn->in + at, conn->held - at);
  conn->held -= at;
  return replies;
}

static void open_connection(struct conn *conn, int port, int worker) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int one = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) fail("socket");
  if (connect(conn->fd, (struct sockaddr *)&to, sizeof to) != 0) fail("connect");
  if (setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) fail("TCP_NODELAY");
  if (fcntl(conn->fd, F_SETFL, O_NONBLOCK) != 0) fail("O_NONBLOCK");
  conn->worker = worker;
  conn->in = malloc(INPUT);
  if (conn->in == NULL) fail("malloc");
  watch(conn, EPOLL_CTL_ADD, EPOLLIN);
}

static void prepare_request(const char *mode) {
  unsigned char body[128];
  size_t length = 0;
  for (int i = 0; i < PAYLOAD; i++) payload[i] = (unsigned char)(i == 20 ? 0 : 'a' + i % 26);
  uint32_t type = ECHO_REQ;
  answered_by = ECHO_RES;
  if (strcmp(mode, "echo") != 0) {
    int foreground = strcmp(mode, "foreground") == 0;
    type = foreground ? SUBMIT_JOB : SUBMIT_JOB_BG;
    answered_by = foreground ? WORK_COMPLETE : JOB_CREATED;
    memcpy(body, "bench\0\0", 7);
    length = 7;
  }
  memcpy(body + length, payload, PAYLOAD);
  length += PAYLOAD;
  write_header(request, type, (uint32_t)length);
  memcpy(request + HEADER, body, length);
  request_length = HEADER + length;
}

int main(int argc, char **argv) {
  if (argc != 9) {
    fprintf(stderr, "usage: gearman-load port mode clients window workers warm-seconds seconds spin-microseconds\n");
    return 2;
  }
  int port = atoi(argv[1]), clients = atoi(argv[3]), window = atoi(argv[4]), workers = atoi(argv[5]);
  const char *mode = argv[2];
  uint64_t warm = (uint64_t)(atof(argv[6]) * 1e9), measured = (uint64_t)(atof(argv[7]) * 1e9);
  uint64_t spin = (uint64_t)(atof(argv[8]) * 1e3);
  int filling = strcmp(mode, "fill") == 0, draining = strcmp(mode, "drain") == 0;
  uint64_t to_fill = filling ? (uint64_t)atoll(argv[7]) : 0;
  if (port < 1 || clients + workers < 1) fail_plain("bad arguments");
  if (draining) clients = 0;
  prepare_request(mode);
  ending_when_idle = draining;
  signal(SIGPIPE, SIG_IGN);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) fail("epoll_create1");
  struct epoll_event on_stdin = {.events = EPOLLIN, .data = {.ptr = NULL}};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &on_stdin) != 0) fail("stdin must be a pipe");

  int count = clients + workers;
  struct conn *conns = calloc((size_t)count, sizeof *conns);
  if (conns == NULL) fail("calloc");
  for (int i = 0; i < count; i++) open_connection(&conns[i], port, i < workers);
  for (int i = 0; i < count; i++) {
    if (i < workers) {
      queue_packet(&conns[i], CAN_DO, "bench", 5);
      queue_packet(&conns[i], GRAB_JOB_UNIQ, NULL, 0);
    } else {
      queue_requests(&conns[i], (unsigned)window);
    }
    flush_out(&conns[i], 0);
  }

  enum { WARMING, MEASURING, TAIL } phase = WARMING;
  struct epoll_event events[EVENTS];
  uint64_t begun = now_ns(), last_event = begun, first = begun;
  for (;;) {
    uint64_t now = now_ns();
    if (filling || draining) {
      if ((filling && answered >= to_fill) || (draining && idle_workers == workers)) {
        printf("{\"phase\":\"done\",\"replies\":%llu,\"seconds\":%.6f,\"p50_us\":0,\"p99_us\":0}\n",
               (unsigned long long)(filling ? answered : drained), (double)(now - first) / 1e9);
        return 0;
      }
    } else if (phase == WARMING && now - begun >= warm) {
      phase = MEASURING;
      answered = 0;
      memset(histogram, 0, sizeof histogram);
      puts("{\"phase\":\"measuring\"}");
      fflush(stdout);
      begun = now_ns();
    } else if (phase == MEASURING && now - begun >= measured) {
      phase = TAIL;
      printf("{\"phase\":\"done\",\"replies\":%llu,\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
             (unsigned long long)answered, (double)(now - begun) / 1e9, percentile_us(0.50), percentile_us(0.99));
      fflush(stdout);
      begun = now_ns();
    } else if (phase == TAIL && now - begun >= TAIL_SECONDS * 1000000000ull) {
      return 0;
    }
    /* Spinning for a while before sleeping keeps the cost of waking this core out of the server's writes. */
    int n = epoll_wait(epoll_fd, events, EVENTS, now - last_event < spin ? 0 : 5);
    if (n < 0 && errno != EINTR) fail("epoll_wait");
    if (n > 0) last_event = now;
    if (now - last_event > STALL_NS) fail_plain("no answer for 2 seconds");
    for (int i = 0; i < n; i++) {
      struct conn *conn = events[i].data.ptr;
      if (conn == NULL) {
        char ignored[64];
        if (read(0, ignored, sizeof ignored) <= 0) return 0;
        continue;
      }
      if (events[i].events & EPOLLOUT) flush_out(conn, 1);
      if (!(events[i].events & ~(uint32_t)EPOLLOUT)) continue;
      unsigned replies = receive(conn);
      answered += replies;
      if (!conn->worker) {
        uint64_t left = filling ? (to_fill > conn->requests ? to_fill - conn->requests : 0) : replies;
        queue_requests(conn, (unsigned)(left < replies ? left : replies));
      }
      if (conn->sent < conn->queued) flush_out(conn, 0);
    }
  }
}
