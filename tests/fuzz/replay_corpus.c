// SPDX-License-Identifier: ISC
// Feeds a fuzz target what is known already, where there is no libFuzzer: as fuzz_NAME every file
// of tests/fuzz/corpus/NAME, or the files named as arguments. A corpus file "SEEDS" is not fed but
// names test data, one a line: "files rfc4475" is each file of tests/data/rfc4475, "lines sip/uris"
// each line of tests/data/sip/uris. Each input is also fed cut short, at up to 64 places.
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

enum {
    INPUT_BYTES_MAX = 1024 * 1024,
    CUTS = 64
};

static size_t inputs;

static const char *root(void)
{
    const char *folder = getenv("srcdir");
    return folder ? folder : ".";
}

// The copy has its exact size, so that a sanitizer sees every byte read beyond it.
static void feed_once(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    FUZZ_ASSERT(copy != NULL);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void feed(const uint8_t *data, size_t size)
{
    size_t step = size / CUTS + 1;
    for (size_t length = 0; length < size; length += step)
        feed_once(data, length);
    feed_once(data, size);
    inputs++;
}

static void feed_file(const char *path)
{
    static uint8_t bytes[INPUT_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    FUZZ_ASSERT(file != NULL);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    feed(bytes, size);
}

static void feed_lines(const char *path)
{
    char line[4096];
    FILE *file = fopen(path, "rb");
    FUZZ_ASSERT(file != NULL);
    while (fgets(line, sizeof(line), file))
        feed((const uint8_t *)line, strcspn(line, "\n"));
    fclose(file);
}

static void feed_seeds(const char *path)
{
    char kind[16];
    char name[256];
    char seed[4096];
    FILE *file = fopen(path, "rb");
    FUZZ_ASSERT(file != NULL);
    while (fscanf(file, "%15s %255s", kind, name) == 2) {
        snprintf(seed, sizeof(seed), "%s/tests/data/%s", root(), name);
        if (strcmp(kind, "lines") == 0) {
            feed_lines(seed);
            continue;
        }
        DIR *folder = opendir(seed);
        FUZZ_ASSERT(folder != NULL);
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            char path_of_file[8192];
            snprintf(path_of_file, sizeof(path_of_file), "%s/%s", seed, entry->d_name);
            if (entry->d_name[0] != '.')
                feed_file(path_of_file);
        }
        closedir(folder);
    }
    fclose(file);
}

static void feed_corpus(const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", root(), name);
    DIR *folder = opendir(path);
    FUZZ_ASSERT(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path_of_file[8192];
        snprintf(path_of_file, sizeof(path_of_file), "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, "SEEDS") == 0)
            feed_seeds(path_of_file);
        else if (entry->d_name[0] != '.')
            feed_file(path_of_file);
    }
    closedir(folder);
}

int main(int count, char **arguments)
{
    const char *name = strstr(arguments[0], "/fuzz_");
    feed_once((const uint8_t *)"", 0);
    for (int i = 1; i < count; i++)
        feed_file(arguments[i]);
    for (const char *next = name; next; next = strstr(next + 1, "/fuzz_"))
        name = next;
    if (count == 1) {
        FUZZ_ASSERT(name != NULL);
        feed_corpus(name + strlen("/fuzz_"));
        FUZZ_ASSERT(inputs > 0);
    }
    printf("%zu inputs\n", inputs);
    return EXIT_SUCCESS;
}
