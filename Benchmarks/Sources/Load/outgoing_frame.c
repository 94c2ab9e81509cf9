#include "outgoing_frame.h"

#include "failure.h"

#include <errno.h>
#include <sys/socket.h>

void outgoing_begin(struct outgoing_frame *frame, size_t prefix_length, struct outgoing_rest rest) {
    static uint8_t zeros[8];
    frame->parts[0] = (struct iovec){frame->prefix, prefix_length};
    frame->parts[1] = (struct iovec){(void *)rest.records, rest.record_bytes};
    frame->parts[2] = (struct iovec){zeros, rest.zeros};
    frame->sent = 0;
    frame->is_unsent = 1;
}

int outgoing_send(struct outgoing_frame *frame, int socket) {
    for (;;) {
        struct iovec left[OUTGOING_PARTS];
        struct msghdr message = {.msg_iov = left};
        size_t skipped = frame->sent;
        for (int i = 0; i < OUTGOING_PARTS; i++) {
            struct iovec part = frame->parts[i];
            size_t gone = skipped < part.iov_len ? skipped : part.iov_len;
            skipped -= gone;
            if (gone == part.iov_len) continue;
            left[message.msg_iovlen++] = (struct iovec){(uint8_t *)part.iov_base + gone, part.iov_len - gone};
        }
        if (message.msg_iovlen == 0) break;
        ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return 0;
        if (sent < 0) fail_errno("cannot send a batch");
        frame->sent += (size_t)sent;
    }
    frame->is_unsent = 0;
    return 1;
}
