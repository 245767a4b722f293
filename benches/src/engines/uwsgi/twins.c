/* What a plain C program does, written for this comparison: the loops that the crate's speed is measured beside. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline size_t length_at(const uint8_t *at) { return (size_t)at[0] | (size_t)at[1] << 8; }

/* Walks a var block. Adds up the first byte of each key and the length of each value; UINT64_MAX for a broken block. */
uint64_t twin_walk(const uint8_t *block, size_t size) {
    const uint8_t *at = block, *end = block + size;
    uint64_t sum = 0;
    while (at < end) {
        if (end - at < 2) return UINT64_MAX;
        size_t key_len = length_at(at);
        at += 2;
        if (key_len == 0 || (size_t)(end - at) < key_len + 2) return UINT64_MAX;
        const uint8_t *key = at;
        at += key_len;
        size_t value_len = length_at(at);
        at += 2;
        if ((size_t)(end - at) < value_len) return UINT64_MAX;
        at += value_len;
        sum += key[0] + value_len;
    }
    return sum;
}

struct span {
    const uint8_t *at;
    size_t len;
};

#define KEY(n, text) if (!memcmp(key, text, sizeof(text) - 1)) { found[n].at = at; found[n].len = value_len; break; }

/* Walks a var block and keeps where the values of 20 keys stand: by length, then memcmp, as uWSGI does. Adds up the
   lengths of the values, each times its key's number. */
uint64_t twin_index(const uint8_t *block, size_t size) {
    struct span found[20];
    memset(found, 0, sizeof found);
    const uint8_t *at = block, *end = block + size;
    while (at < end) {
        if (end - at < 2) return UINT64_MAX;
        size_t key_len = length_at(at);
        at += 2;
        if (key_len == 0 || (size_t)(end - at) < key_len + 2) return UINT64_MAX;
        const uint8_t *key = at;
        at += key_len;
        size_t value_len = length_at(at);
        at += 2;
        if ((size_t)(end - at) < value_len) return UINT64_MAX;
        switch (key_len) {
        case 5: KEY(11, "HTTPS") break;
        case 9: KEY(2, "PATH_INFO") KEY(5, "HTTP_HOST") break;
        case 11: KEY(1, "REQUEST_URI") KEY(10, "SCRIPT_NAME") KEY(6, "SERVER_NAME") KEY(7, "REMOTE_ADDR") KEY(14, "HTTP_COOKIE") KEY(19, "SERVER_PORT") break;
        case 12: KEY(3, "QUERY_STRING") KEY(8, "CONTENT_TYPE") KEY(12, "UWSGI_SCHEME") KEY(16, "HTTP_REFERER") KEY(17, "HTTP_UPGRADE") break;
        case 13: KEY(13, "DOCUMENT_ROOT") break;
        case 14: KEY(0, "REQUEST_METHOD") KEY(9, "CONTENT_LENGTH") break;
        case 15: KEY(4, "SERVER_PROTOCOL") KEY(15, "HTTP_USER_AGENT") KEY(18, "HTTP_CONNECTION") break;
        }
        at += value_len;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < 20; i++) sum += found[i].len * (i + 1);
    return sum;
}

struct field {
    const uint8_t *name;
    size_t name_len;
    const uint8_t *value;
    size_t value_len;
};

static inline uint8_t *put_length(uint8_t *out, size_t len) {
    out[0] = (uint8_t)len;
    out[1] = (uint8_t)(len >> 8);
    return out + 2;
}

/* Writes fields as variables: names byte by byte, as nginx does, values by memcpy. Returns the bytes written, or 0
   where the output is too small. */
size_t twin_encode(const struct field *fields, size_t count, uint8_t *out, size_t room) {
    uint8_t *at = out, *end = out + room;
    for (size_t i = 0; i < count; i++) {
        size_t name_len = fields[i].name_len, value_len = fields[i].value_len;
        if ((size_t)(end - at) < 9 + name_len + value_len || name_len > 65530 || value_len > 65535) return 0;
        at = put_length(at, name_len + 5);
        memcpy(at, "HTTP_", 5);
        at += 5;
        for (size_t n = 0; n < name_len; n++) {
            uint8_t byte = fields[i].name[n];
            if (byte >= 'a' && byte <= 'z') byte &= ~0x20;
            else if (byte == '-') byte = '_';
            *at++ = byte;
        }
        at = put_length(at, value_len);
        memcpy(at, fields[i].value, value_len);
        at += value_len;
    }
    return (size_t)(at - out);
}
