// SPDX-License-Identifier: ISC
// The configuration: whatever the file says, it is taken or refused in one line that names the
// file.
#include "daemon/config.h"
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* In memory, but by a name: the reader opens it as it does any file. */
static int make_file(const uint8_t *data, size_t size, char path[64])
{
    int fd = memfd_create("config", MFD_CLOEXEC);
    FUZZ_ASSERT(fd >= 0);
    FUZZ_ASSERT(fchmod(fd, 0600) == 0);
    FUZZ_ASSERT(write(fd, data, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct config_error error = { .text = "" };
    /* Other files are none of an input's business. */
    if (memmem(data, size, "@include", 8) || memmem(data, size, "_file", 5))
        return 0;
    int fd = make_file(data, size, path);
    const struct config_source source = { .file = path };
    struct config *config = config_obtain(&source, &error);
    if (config) {
        FUZZ_ASSERT(config->aor && config->host && config->tls_identity);
        FUZZ_ASSERT(config->first_port <= config->last_port);
        FUZZ_ASSERT(config->registration_expires >= 10 && config->registration_expires <= 86400);
        config_free(config);
    } else {
        FUZZ_ASSERT(strncmp(error.text, path, strlen(path)) == 0);
        FUZZ_ASSERT(!strchr(error.text, '\n'));
    }
    close(fd);
    return 0;
}
