#include "frames.h"

#include <stdbool.h>
#include <string.h>

static bool is_control(const struct frame_reader *reader) { return (reader->header[0] & 0x08) != 0; }

static bool is_ping(const struct frame_reader *reader) { return (reader->header[0] & 0x0f) == 0x9; }

/* Bytes of the header, as far as its first two bytes tell. */
static uint8_t header_length_of(const uint8_t *header) {
  const uint8_t length = header[1] & 0x7f;
  return length < 126 ? 2 : length == 126 ? 4 : 10;
}

static uint64_t payload_length_of(const uint8_t *header) {
  const uint8_t length = header[1] & 0x7f;
  if (length < 126) return length;
  uint64_t payload = 0;
  for (int at = 2; at < header_length_of(header); at += 1) payload = payload << 8 | header[at];
  return payload;
}

static void keep_control(struct frame_reader *reader, const uint8_t *bytes, size_t length) {
  if (reader->control_length + length > control_bytes_max) return;
  memcpy(reader->control + reader->control_length, bytes, length);
  reader->control_length += (uint8_t)length;
}

static void end_frame(struct frame_reader *reader, const struct frame_listener *listener, void *connection) {
  reader->header_length = 0;
  if (!is_control(reader)) listener->frame(connection);
  else if (is_ping(reader)) listener->ping(connection, reader->control, reader->control_length);
  reader->control_length = 0;
}

void frames_take(struct frame_reader *reader, const uint8_t *bytes, size_t length,
                 const struct frame_listener *listener, void *connection) {
  while (length > 0) {
    if (reader->payload_left > 0) {
      const size_t part = reader->payload_left < length ? (size_t)reader->payload_left : length;
      if (is_control(reader)) keep_control(reader, bytes, part);
      else listener->payload(connection, bytes, part);
      reader->payload_left -= part;
      bytes += part;
      length -= part;
    } else {
      reader->header[reader->header_length++] = *bytes++;
      length -= 1;
      if (reader->header_length < 2) continue;
      if (reader->header_length < header_length_of(reader->header)) continue;
      reader->payload_left = payload_length_of(reader->header);
    }
    if (reader->payload_left == 0) end_frame(reader, listener, connection);
  }
}
