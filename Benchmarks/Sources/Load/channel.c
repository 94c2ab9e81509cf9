#include "channel.h"

#include "big_endian.h"
#include "clocks.h"
#include "failure.h"
#include "sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { FIRST_ROOM = 4096, LARGEST_ROOM = 8 << 20, READ_ROOM = 16 << 10 };

static void make_room(struct pipe_end *end, size_t count) {
    if (end->room - end->filled >= count) return;
    size_t room = end->room < FIRST_ROOM ? FIRST_ROOM : end->room;
    while (room - end->filled < count) room *= 2;
    if (room > LARGEST_ROOM) fail("a connection has more than %d bytes on their way", LARGEST_ROOM);
    uint8_t *bytes = realloc(end->bytes, room);
    if (bytes == NULL) fail("no memory for a connection");
    end->bytes = bytes;
    end->room = room;
}

struct channels channels_open(const char *address, size_t count) {
    if (address == NULL) fail("--address is missing");
    struct channels channels = {
        .all = calloc(count, sizeof *channels.all), .count = count, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (channels.all == NULL || channels.epoll < 0) fail("no memory for %zu connections", count);
    for (size_t i = 0; i < count; i++) {
        struct channel *channel = &channels.all[i];
        channel->socket = connect_to(address);
        set_nonblocking(channel->socket);
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = channel};
        if (epoll_ctl(channels.epoll, EPOLL_CTL_ADD, channel->socket, &event) != 0) fail_errno("epoll_ctl");
    }
    return channels;
}

struct frame_writer channel_begin(struct channel *channel, size_t room) {
    struct pipe_end *output = &channel->output;
    make_room(output, room);
    return (struct frame_writer){.bytes = output->bytes + output->filled, .room = room};
}

static void flush(struct channel *channel) {
    struct pipe_end *output = &channel->output;
    while (channel->sent < output->filled) {
        ssize_t sent = send(channel->socket, output->bytes + channel->sent, output->filled - channel->sent,
                            MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return;
        if (sent < 0) fail_errno("cannot send a request");
        channel->sent += (size_t)sent;
    }
    channel->sent = output->filled = 0;
}

static void remember(struct channel *channel, void *owner) {
    if (channel->count == channel->room) {
        size_t room = channel->room == 0 ? 16 : channel->room * 2;
        struct question *questions = malloc(room * sizeof *questions);
        if (questions == NULL) fail("no memory for %zu questions", room);
        for (size_t i = 0; i < channel->count; i++) {
            questions[i] = channel->questions[(channel->first + i) % channel->room];
        }
        free(channel->questions);
        channel->questions = questions;
        channel->first = 0;
        channel->room = room;
    }
    channel->questions[(channel->first + channel->count++) % channel->room] = (struct question){
        .owner = owner,
        .correlation = channel->next_correlation++,
        .asked_at = monotonic_nanoseconds(),
    };
}

void channel_ask(struct channel *channel, const struct frame_writer *writer, void *owner) {
    remember(channel, owner);
    channel->output.filled += writer->length;
    flush(channel);
}

static void take_frame(struct channel *channel, const uint8_t *frame, size_t length, answer_handler handler,
                       void *context) {
    if (channel->count == 0) fail("an answer came that nobody waits for");
    struct question question = channel->questions[channel->first];
    channel->first = (channel->first + 1) % channel->room;
    channel->count--;
    struct channel_answer answer = {
        .owner = question.owner,
        .body = {.bytes = frame, .length = length},
        .nanoseconds = monotonic_nanoseconds() - question.asked_at,
    };
    uint32_t correlation = read32(&answer.body);
    if (correlation != question.correlation) fail("the answer to another request came");
    handler(context, &answer);
}

/// Hands over all whole frames.
static void take_frames(struct channel *channel, answer_handler handler, void *context) {
    struct pipe_end *input = &channel->input;
    size_t position = 0;
    while (input->filled - position >= 4) {
        size_t length = get32(input->bytes + position);
        if (input->filled - position - 4 < length) {
            if (length > LARGEST_ROOM) fail("an answer of %zu bytes is too long", length);
            break;
        }
        take_frame(channel, input->bytes + position + 4, length, handler, context);
        position += 4 + length;
    }
    input->filled -= position;
    memmove(input->bytes, input->bytes + position, input->filled);
}

static void receive(struct channel *channel, answer_handler handler, void *context) {
    struct pipe_end *input = &channel->input;
    for (;;) {
        make_room(input, READ_ROOM);
        size_t room = input->room - input->filled;
        ssize_t received = recv(channel->socket, input->bytes + input->filled, room, 0);
        if (received < 0 && errno == EAGAIN) return;
        if (received < 0) fail_errno("cannot receive an answer");
        if (received == 0) fail("the server closed the connection");
        input->filled += (size_t)received;
        take_frames(channel, handler, context);
        // A short read has emptied the socket; whatever comes later raises a new event.
        if ((size_t)received < room) return;
    }
}

void channels_wait(struct channels *channels, uint64_t until, answer_handler handler, void *context) {
    struct epoll_event events[64];
    uint64_t now = monotonic_nanoseconds(), left = until > now ? until - now : 0;
    struct timespec time = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
    int count = epoll_pwait2(channels->epoll, events, 64, &time, NULL);
    if (count < 0 && errno != EINTR) fail_errno("epoll_pwait2");
    for (int i = 0; i < count; i++) {
        struct channel *channel = events[i].data.ptr;
        flush(channel);
        receive(channel, handler, context);
    }
}
