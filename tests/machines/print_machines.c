// SPDX-License-Identifier: ISC
// Prints the machines as they are: the tables, as ARCHITECTURE shows them.
#include "agent/call_states.h"
#include "sip/invite_client_transaction.h"
#include "sip/invite_server_transaction.h"
#include "sip/link.h"
#include "sip/non_invite_client_transaction.h"
#include "sip/non_invite_server_transaction.h"
#include "sip/registration.h"

#include <stdio.h>

#define HEAD "  %-20s ->"

static void print_call(void)
{
    printf("\nA call (src/agent/call_states.c)\n");
    for (enum call_state from = 0; from < CALL_STATE_COUNT; from++) {
        printf(HEAD, call_state_text(from));
        for (enum call_state to = 0; to < CALL_STATE_COUNT; to++)
            if (call_state_may_become(from, to))
                printf(" %s", call_state_text(to));
        printf("\n");
    }
}

static void print_registration(void)
{
    printf("\nThe registration (src/sip/registration_states.c)\n");
    for (enum sip_registration_state from = 0; from < REGISTRATION_STATE_COUNT; from++) {
        printf(HEAD, sip_registration_state_text(from));
        for (enum sip_registration_state to = 0; to < REGISTRATION_STATE_COUNT; to++)
            if (sip_registration_may_become(from, to))
                printf(" %s", sip_registration_state_text(to));
        printf("\n");
    }
}

static void print_link(void)
{
    printf("\nThe link (src/sip/link_states.c)\n");
    for (enum link_state from = 0; from < LINK_STATE_COUNT; from++) {
        const char *comma = "";
        printf(HEAD, link_state_text(from));
        for (enum link_state to = 0; to < LINK_STATE_COUNT; to++) {
            if (!link_state_may_become(from, to))
                continue;
            printf("%s %s", comma, link_state_text(to));
            comma = ",";
        }
        printf("\n");
    }
}

static void print_transaction(const struct sip_machine *machine, const char *file)
{
    printf("\nThe %s transaction (src/sip/%s)\n", machine->name, file);
    for (enum sip_transaction_state state = 0; state < SIP_STATE_COUNT; state++) {
        for (enum sip_transaction_event event = 0; event < SIP_EVENT_COUNT; event++) {
            const struct sip_transition *cell = sip_machine_transition(machine, state, event);
            if (cell->action != SIP_ACTION_IGNORE)
                printf("  %-17s %-12s -> %-17s %s\n", sip_state_text(state), sip_event_text(event),
                       sip_state_text(cell->next), sip_action_text(cell->action));
        }
    }
}

int main(void)
{
    print_call();
    print_registration();
    print_link();
    print_transaction(&sip_invite_client_machine, "invite_client_transaction.c");
    print_transaction(&sip_non_invite_client_machine, "non_invite_client_transaction.c");
    print_transaction(&sip_invite_server_machine, "invite_server_transaction.c");
    print_transaction(&sip_non_invite_server_machine, "non_invite_server_transaction.c");
    return 0;
}
