#include "tail.h"

#include "failure.h"
#include "fetch_frames.h"
#include "sockets.h"

#include <errno.h>
#include <sys/socket.h>

void tail_ask(struct tail *tail) {
    uint8_t frame[FRAME_ROOM];
    struct fetch_request request = {
        .topic = tail->topic,
        .correlation = ++tail->correlation,
        .offset = tail->next_batch * tail->batch_records,
        .max_bytes = tail->max_bytes,
    };
    tail->filled = tail->left = 0;
    // What precedes the records has always the same length.
    tail->header_bytes = write_fetch_response(frame, &request, 0, 0);
    wake_after(tail->socket, tail->header_bytes);
    send_all(tail->socket, frame, write_fetch_request(frame, &request));
}

void tail_start(struct tail *tail, const char *address) {
    tail->socket = connect_to(address);
    tail_ask(tail);
}

static ssize_t take(struct tail *tail, void *bytes, size_t length, int flags) {
    ssize_t received = recv(tail->socket, bytes, length, MSG_DONTWAIT | flags);
    if (received < 0 && errno == EAGAIN) return -1;
    if (received < 0) fail_errno("cannot receive an answer");
    if (received == 0) fail("the server closed the connection");
    return received;
}

/// Returns 0 when more of the header has to come.
static int take_header(struct tail *tail) {
    ssize_t received = take(tail, tail->header + tail->filled, tail->header_bytes - tail->filled, 0);
    if (received < 0) return 0;
    tail->filled += (size_t)received;
    if (tail->filled < tail->header_bytes) return 0;
    struct frame_reader reader = {.bytes = tail->header, .length = 4};
    struct fetch_view view;
    if (!read_fetch_response(tail->header + 4, read32(&reader), &view)) fail("a malformed answer to Fetch");
    if (view.error != 0) fail("Fetch was answered with error code %d", view.error);
    if (view.correlation != tail->correlation) fail("the answer to another Fetch came");
    tail->high_watermark = view.high_watermark;
    tail->left = view.record_bytes;
    // Nothing is asked for but whole batches, and the last of an answer may be cut off.
    tail->received = view.record_bytes / tail->batch_bytes;
    return 1;
}

int tail_receive(struct tail *tail, uint64_t *batches) {
    if (tail->filled < tail->header_bytes && !take_header(tail)) return 0;
    while (tail->left > 0) {
        // The kernel lets go of the bytes without copying them.
        ssize_t received = take(tail, NULL, tail->left, MSG_TRUNC);
        if (received < 0) {
            wake_after(tail->socket, tail->left);
            return 0;
        }
        tail->left -= (size_t)received;
    }
    *batches = tail->received;
    tail->next_batch += tail->received;
    return 1;
}
