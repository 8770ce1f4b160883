/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's test harness, with more patience: a test may run in an emulated
 * machine on a kernel that checks itself, and the clock of such a machine is
 * not to be trusted. What a test has to say about time it says itself.
 */
#ifndef SELFTESTS_MHP_HARNESS_H
#define SELFTESTS_MHP_HARNESS_H

#include "../../kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	600

#endif /* SELFTESTS_MHP_HARNESS_H */
