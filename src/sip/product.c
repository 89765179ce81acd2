// SPDX-License-Identifier: ISC
#include "build_config.h"

#include "sip/product.h"

const char *sip_product(void)
{
    return PACKAGE_NAME "/" PACKAGE_VERSION;
}
