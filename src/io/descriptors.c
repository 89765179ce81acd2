// SPDX-License-Identifier: ISC
#include "io/descriptors.h"

#include <sys/resource.h>

size_t descriptors_allow(size_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t now = limit.rlim_cur;
    if (wanted <= now)
        return now;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : now;
}
