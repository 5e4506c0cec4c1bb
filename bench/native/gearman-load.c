/*
 * A load generator for Gearman job servers: clients and workers in one process, on connections to 127.0.0.1:port.
 *
 *   gearman-load <port> <mode> <clients> <window> <workers> <warm> <measured> <spin microseconds> [function]
 *
 *   foreground   each client keeps `window` SUBMIT_JOB in flight until their WORK_COMPLETE; workers, if there are any here, answer with the payload
 *   echo         each client keeps `window` ECHO_REQ in flight
 *   background   each client keeps `window` SUBMIT_JOB_BG in flight until their JOB_CREATED; nobody does them. <warm> and <measured> are numbers
 *                of jobs; elsewhere they are seconds
 *   drain        `workers` do what jobs there are, until there are no more
 *   work         `workers` do what jobs come, until stdin closes
 *
 * Payloads have 64 bytes, of which the first eight are the number of the request; uniques are empty, and the function is "bench" unless another is given. Every answer is compared with what it has to
 * be: handles count up and none comes twice, a result is that of the job whose handle it has, echoes come in order. What one read brings is
 * answered by one write; a worker sends its result and the next GRAB_JOB_UNIQ together, as real ones that are quick do.
 *
 * stdout, one JSON object a line:
 *   {"phase":"measuring"}                                            the warm-up is over
 *   {"phase":"done","replies":n,"seconds":s,"p50_us":x,"p99_us":y}   operations, and the turn-around of one in so many as are in flight
 *   {"phase":"ended","requests":n,"operations":n}                    all requests ever sent and answered; of `drain`, jobs done
 *   {"phase":"failed","reason":"..."}                                followed by exit status 1
 * Without a number of jobs the load goes on after "done", so that the reader can sample the server under load, until stdin closes (or at most
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
/* The number of the request in front of it. */
#define NUMBER 8
#define HEADER 12
#define MAX_FUNCTION 40
/* The function, its NUL, and that of the empty unique. */
#define MAX_NAMES (MAX_FUNCTION + 2)
#define MAX_REQUEST (HEADER + MAX_NAMES + PAYLOAD)
#define MAX_HANDLE 63
#define INPUT (256 * 1024)
/* A disk may take a thousand jobs one by one before any of them is acknowledged. */
#define PATIENCE_NS 20000000000ull
/* Jobs are remembered by the low bits of the number in their handle: more than are ever in flight. */
#define JOBS (1 << 20)

enum { CAN_DO = 1, PRE_SLEEP = 4, NOOP = 6, SUBMIT_JOB = 7, JOB_CREATED = 8, NO_JOB = 10, WORK_COMPLETE = 13,
       ECHO_REQ = 16, ECHO_RES = 17, SUBMIT_JOB_BG = 18, GRAB_JOB_UNIQ = 30, JOB_ASSIGN_UNIQ = 31 };

enum mode { FOREGROUND, ECHO, BACKGROUND, DRAIN, WORK, MODES };
static const char *const mode_names[MODES] = {"foreground", "echo", "background", "drain", "work"};

struct conn {
  int fd, worker;
  unsigned char *in, *out;
  size_t held, queued, sent, room;
  /* Of a client: requests so far, those that have their handle, and those that are over. */
  uint64_t requests, created, replies;
  uint64_t last_handle;
  /* When a request was sent whose turn-around is measured, and which; 0 while there is none. */
  uint64_t marked_at, marked;
};

/* A job between its JOB_CREATED and its WORK_COMPLETE. */
struct job {
  const struct conn *client;
  uint64_t handle, request;
};

static enum mode mode;
static char names[MAX_NAMES + 1];
static size_t names_length;
static unsigned char request[MAX_REQUEST];
static size_t request_length;
static struct job *jobs;
static char handle_prefix[MAX_HANDLE + 1];
static size_t prefix_length;
/* Operations since the warm-up; requests ever sent and answered. */
static uint64_t operations, requested, answered;
static int idle_workers;

static uint32_t u32(const unsigned char *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void watch(struct conn *conn, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.ptr = conn}};
  if (epoll_ctl(epoll_fd, operation, conn->fd, &event) != 0) fail("epoll_ctl");
}

/* ---- what is sent */

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

static void queue_requests(struct conn *conn, uint64_t count) {
  if (count == 0) return;
  unsigned char *at = room_for(conn, count * request_length);
  if (conn->marked_at == 0) {
    conn->marked = conn->requests;
    conn->marked_at = now_ns();
  }
  for (uint64_t i = 0; i < count; i++, at += request_length) {
    memcpy(at, request, request_length);
    memcpy(at + request_length - PAYLOAD, &conn->requests, NUMBER);
    conn->requests++;
  }
  requested += count;
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

/* ---- what is received */

/* Checks a payload, and returns the number of the request that it is of. */
static uint64_t request_of(const unsigned char *payload, const unsigned char *end) {
  const unsigned char *sent = request + request_length - PAYLOAD;
  if (end - payload != PAYLOAD || memcmp(payload + NUMBER, sent + NUMBER, PAYLOAD - NUMBER) != 0)
    fail_plain("the server sent another payload than it got");
  uint64_t number;
  memcpy(&number, payload, NUMBER);
  return number;
}

/* Checks a handle, which is a prefix, a colon and digits, and returns its number. */
static uint64_t number_of(const unsigned char *handle, const unsigned char *end) {
  const unsigned char *colon = memrchr(handle, ':', (size_t)(end - handle));
  if (colon == NULL || colon + 1 == end || end - handle > MAX_HANDLE) fail_plain("this is no handle");
  if (prefix_length == 0) {
    prefix_length = (size_t)(colon - handle);
    memcpy(handle_prefix, handle, prefix_length);
  }
  if ((size_t)(colon - handle) != prefix_length || memcmp(handle, handle_prefix, prefix_length) != 0)
    fail_plain("a handle begins with something else than the others");
  uint64_t number = 0;
  for (const unsigned char *at = colon + 1; at < end; at++) {
    if (*at < '0' || *at > '9') fail_plain("a handle has no number");
    number = 10 * number + (uint64_t)(*at - '0');
  }
  return number;
}

/* Where the NUL behind an argument is. */
static const unsigned char *end_of_argument(const unsigned char *at, const unsigned char *end) {
  const unsigned char *nul = memchr(at, 0, (size_t)(end - at));
  if (nul == NULL) fail_plain("an argument is missing");
  return nul;
}

static void do_job(struct conn *conn, const unsigned char *body, const unsigned char *end) {
  const unsigned char *handle_end = end_of_argument(body, end);
  number_of(body, handle_end);
  const unsigned char *function = handle_end + 1;
  if ((size_t)(end - function) < names_length || memcmp(function, names, names_length) != 0)
    fail_plain("a job has another function, or a unique");
  const unsigned char *payload = function + names_length;
  request_of(payload, end);
  size_t handle = (size_t)(function - body);
  unsigned char *at = room_for(conn, HEADER + handle + PAYLOAD + HEADER);
  at += write_header(at, WORK_COMPLETE, (uint32_t)(handle + PAYLOAD));
  memcpy(at, body, handle);
  memcpy(at + handle, payload, PAYLOAD);
  write_header(at + handle + PAYLOAD, GRAB_JOB_UNIQ, 0);
  if (mode == DRAIN) operations++;
}

static void on_worker_packet(struct conn *conn, uint32_t type, const unsigned char *body, const unsigned char *end) {
  if (type == JOB_ASSIGN_UNIQ) {
    do_job(conn, body, end);
  } else if (type == NO_JOB) {
    if (mode == DRAIN) idle_workers++;
    else queue_packet(conn, PRE_SLEEP, NULL, 0);
  } else if (type == NOOP) {
    if (mode != DRAIN) queue_packet(conn, GRAB_JOB_UNIQ, NULL, 0);
  } else {
    fail_plain("a worker got a packet that is not for it");
  }
}

static void on_created(struct conn *conn, const unsigned char *body, const unsigned char *end) {
  uint64_t handle = number_of(body, end);
  if (conn->created >= conn->requests) fail_plain("there are more handles than jobs");
  if (handle <= conn->last_handle) fail_plain("handles do not count up");
  conn->last_handle = handle;
  if (mode == FOREGROUND) {
    struct job *job = &jobs[handle % JOBS];
    if (job->client != NULL) fail_plain("a job was never done, or a handle came twice");
    *job = (struct job){conn, handle, conn->created};
  }
  conn->created++;
}

static void on_complete(const struct conn *conn, const unsigned char *body, const unsigned char *end) {
  const unsigned char *handle_end = end_of_argument(body, end);
  uint64_t handle = number_of(body, handle_end);
  struct job *job = &jobs[handle % JOBS];
  if (job->client != conn || job->handle != handle) fail_plain("a result has a handle that no job in flight has");
  if (request_of(handle_end + 1, end) != job->request) fail_plain("a result is of another job than its handle");
  job->client = NULL;
}

/* Returns whether it is the last answer to a request. */
static int on_client_packet(struct conn *conn, uint32_t type, const unsigned char *body, const unsigned char *end) {
  if (mode == ECHO && type == ECHO_RES) {
    if (request_of(body, end) != conn->replies) fail_plain("echoes come in another order");
  } else if (mode != ECHO && type == JOB_CREATED) {
    on_created(conn, body, end);
    if (mode == FOREGROUND) return 0;
  } else if (mode == FOREGROUND && type == WORK_COMPLETE) {
    on_complete(conn, body, end);
  } else {
    fail_plain("a client got a packet that it did not ask for");
  }
  /* Of several workers any may be the first, so that it is one request within the window whose time is taken. */
  if (conn->marked_at != 0 && conn->replies == conn->marked) {
    histogram[bucket_of(now_ns() - conn->marked_at)]++;
    conn->marked_at = 0;
  }
  conn->replies++;
  return 1;
}

/* One read, not a loop: epoll is level-triggered, and a second read would mostly be an EAGAIN. Returns requests that were answered. */
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
    const unsigned char *packet = conn->in + at, *body = packet + HEADER;
    if (memcmp(packet, "\0RES", 4) != 0) fail_plain("the server sent no packet");
    uint32_t type = u32(packet + 4), length = u32(packet + 8);
    if (length > INPUT - HEADER) fail_plain("the server sent a longer packet than there can be");
    if (conn->held - at < HEADER + length) break;
    if (conn->worker) on_worker_packet(conn, type, body, body + length);
    else replies += (unsigned)on_client_packet(conn, type, body, body + length);
    at += HEADER + length;
  }
  memmove(conn->in, conn->in + at, conn->held - at);
  conn->held -= at;
  return replies;
}

/* ---- the run */

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

static void prepare_request(const char *function) {
  names_length = strlen(function) + 2;
  if (names_length > MAX_NAMES) fail_plain("the name of the function is too long");
  strcpy(names, function);
  size_t front = mode == ECHO ? 0 : names_length;
  uint32_t type = mode == ECHO ? ECHO_REQ : mode == FOREGROUND ? SUBMIT_JOB : SUBMIT_JOB_BG;
  size_t at = write_header(request, type, (uint32_t)(front + PAYLOAD));
  memcpy(request + at, names, front);
  request_length = at + front + PAYLOAD;
  for (size_t i = NUMBER; i < PAYLOAD; i++) request[at + front + i] = (unsigned char)('a' + i % 26);
}

static enum mode mode_named(const char *name) {
  for (int i = 0; i < MODES; i++)
    if (strcmp(name, mode_names[i]) == 0) return (enum mode)i;
  fail_plain("there is no such mode");
  return MODES;
}

static void say_done(double seconds) {
  printf("{\"phase\":\"done\",\"replies\":%llu,\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
         (unsigned long long)operations, seconds, percentile_us(0.50), percentile_us(0.99));
  fflush(stdout);
}

static int say_ended(void) {
  printf("{\"phase\":\"ended\",\"requests\":%llu,\"operations\":%llu}\n", (unsigned long long)requested,
         (unsigned long long)operations);
  return 0;
}

/* Whether what is measured has been done: for so long, or so many of all jobs. */
static int is_over(uint64_t lasted, uint64_t measured, uint64_t all, int workers) {
  if (mode == WORK) return 0;
  if (mode == DRAIN) return idle_workers == workers;
  return mode == BACKGROUND ? answered >= all : lasted >= measured;
}

int main(int argc, char **argv) {
  if (argc != 9 && argc != 10) {
    fprintf(stderr, "usage: gearman-load port mode clients window workers warm measured spin-microseconds [function]\n");
    return 2;
  }
  mode = mode_named(argv[2]);
  int port = atoi(argv[1]), clients = atoi(argv[3]), workers = atoi(argv[5]), count = clients + workers;
  uint64_t window = (uint64_t)atoll(argv[4]);
  /* Nanoseconds, or jobs. */
  double unit = mode == BACKGROUND ? 1 : 1e9;
  uint64_t warm = (uint64_t)(atof(argv[6]) * unit), measured = (uint64_t)(atof(argv[7]) * unit);
  uint64_t spin = (uint64_t)(atof(argv[8]) * 1e3);
  if (port < 1 || clients < 0 || workers < 0 || count < 1 || (uint64_t)clients * window > JOBS) fail_plain("bad arguments");
  if (mode == DRAIN || mode == WORK ? clients > 0 : clients < 1 || window < 1) fail_plain("this mode needs other connections");
  prepare_request(argc == 10 ? argv[9] : "bench");
  signal(SIGPIPE, SIG_IGN);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) fail("epoll_create1");
  struct epoll_event on_stdin = {.events = EPOLLIN, .data = {.ptr = NULL}};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &on_stdin) != 0) fail("stdin must be a pipe");

  struct conn *conns = calloc((size_t)count, sizeof *conns);
  jobs = calloc(JOBS, sizeof *jobs);
  if (conns == NULL || jobs == NULL) fail("calloc");
  for (int i = 0; i < count; i++) open_connection(&conns[i], port, i < workers);

  enum { WARMING, MEASURING, TAIL } phase = WARMING;
  struct epoll_event events[EVENTS];
  uint64_t begun = now_ns(), last_event = begun;
  uint64_t to_request = mode == BACKGROUND ? warm + measured : UINT64_MAX;
  if (mode == DRAIN) warm = 0;
  for (int i = 0; i < count; i++) {
    if (i < workers) {
      queue_packet(&conns[i], CAN_DO, names, (uint32_t)names_length - 2);
      queue_packet(&conns[i], GRAB_JOB_UNIQ, NULL, 0);
    } else {
      queue_requests(&conns[i], window < to_request - requested ? window : to_request - requested);
    }
    flush_out(&conns[i], 0);
  }
  for (;;) {
    uint64_t now = now_ns();
    if (phase == WARMING && (mode == BACKGROUND ? answered : now - begun) >= warm) {
      phase = MEASURING;
      operations = 0;
      memset(histogram, 0, sizeof histogram);
      puts("{\"phase\":\"measuring\"}");
      fflush(stdout);
      begun = now_ns();
    } else if (phase == MEASURING && is_over(now - begun, measured, warm + measured, workers)) {
      phase = TAIL;
      say_done((double)(now - begun) / 1e9);
      begun = now_ns();
      if (mode == DRAIN || mode == BACKGROUND) return say_ended();
    } else if (phase == TAIL && now - begun >= TAIL_SECONDS * 1000000000ull) {
      return 0;
    }
    /* Spinning for a while before sleeping keeps the cost of waking this core out of the server's writes. */
    int n = epoll_wait(epoll_fd, events, EVENTS, now - last_event < spin ? 0 : mode == WORK ? -1 : 5);
    if (n < 0 && errno != EINTR) fail("epoll_wait");
    if (n > 0) last_event = now;
    if (now - last_event > PATIENCE_NS && mode != WORK) fail_plain("no answer for 20 seconds");
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
      uint64_t left = to_request - requested;
      answered += replies;
      if (mode != DRAIN) operations += replies;
      queue_requests(conn, replies < left ? replies : left);
      /* What is left of an earlier write goes when there is room. */
      if (conn->sent == 0 && conn->queued > 0) flush_out(conn, 0);
    }
  }
}
