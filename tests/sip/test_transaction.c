// SPDX-License-Identifier: ISC
// Walks every cell of the four transaction tables: those named here, and no others, do something.
#include "sip/invite_client_transaction.h"
#include "sip/invite_server_transaction.h"
#include "sip/non_invite_client_transaction.h"
#include "sip/non_invite_server_transaction.h"
#include "tests/suite.h"

#define IC &sip_invite_client_machine
#define IS &sip_invite_server_machine
#define NC &sip_non_invite_client_machine
#define NS &sip_non_invite_server_machine
#define ROW(machine, state, event, next, action)                                                   \
    {                                                                                              \
        machine, SIP_STATE_##state, SIP_EVENT_##event, SIP_STATE_##next, SIP_ACTION_##action       \
    }

static const struct {
    const struct sip_machine *machine;
    enum sip_transaction_state state;
    enum sip_transaction_event event;
    enum sip_transaction_state next;
    enum sip_transaction_action action;
} cells[] = {
    ROW(IC, CALLING, 1XX, PROCEEDING, DELIVER),
    ROW(IC, CALLING, 2XX, ACCEPTED, DELIVER),
    ROW(IC, CALLING, 300_699, TERMINATED, DELIVER_AND_ACK),
    ROW(IC, CALLING, CANCEL, CALLING_TO_CANCEL, NOTHING),
    ROW(IC, CALLING, TIMER_B, TERMINATED, REPORT_TIMED_OUT),
    ROW(IC, CALLING, LINK_LOST, TERMINATED, REPORT_CLOSED),
    ROW(IC, CALLING_TO_CANCEL, 1XX, CANCELLING, DELIVER_AND_CANCEL),
    ROW(IC, CALLING_TO_CANCEL, 2XX, ACCEPTED, DELIVER),
    ROW(IC, CALLING_TO_CANCEL, 300_699, TERMINATED, DELIVER_AND_ACK),
    ROW(IC, CALLING_TO_CANCEL, TIMER_B, TERMINATED, REPORT_TIMED_OUT),
    ROW(IC, CALLING_TO_CANCEL, LINK_LOST, TERMINATED, REPORT_CLOSED),
    ROW(IC, PROCEEDING, 1XX, PROCEEDING, DELIVER),
    ROW(IC, PROCEEDING, 2XX, ACCEPTED, DELIVER),
    ROW(IC, PROCEEDING, 300_699, TERMINATED, DELIVER_AND_ACK),
    ROW(IC, PROCEEDING, CANCEL, CANCELLING, SEND_CANCEL),
    ROW(IC, PROCEEDING, LINK_LOST, TERMINATED, REPORT_CLOSED),
    ROW(IC, CANCELLING, 1XX, CANCELLING, DELIVER),
    ROW(IC, CANCELLING, 2XX, ACCEPTED, DELIVER),
    ROW(IC, CANCELLING, 300_699, TERMINATED, DELIVER_AND_ACK),
    ROW(IC, CANCELLING, TIMER_CANCEL, TERMINATED, REPORT_TIMED_OUT),
    ROW(IC, PROCEEDING, ABANDONED, CANCELLING, NOTHING),
    ROW(IC, CANCELLING, LINK_LOST, TERMINATED, REPORT_CLOSED),
    ROW(IC, ACCEPTED, 2XX, ACCEPTED, DELIVER),
    ROW(IC, ACCEPTED, TIMER_M, TERMINATED, NOTHING),
    ROW(IS, PROCEEDING, REQUEST, PROCEEDING, REPEAT),
    ROW(IS, PROCEEDING, CANCEL, CANCELLING, REPORT_CANCELLED),
    ROW(IS, PROCEEDING, 1XX, PROCEEDING, SEND),
    ROW(IS, PROCEEDING, 2XX, ACCEPTED, SEND),
    ROW(IS, PROCEEDING, 300_699, COMPLETED, SEND),
    ROW(IS, CANCELLING, REQUEST, CANCELLING, REPEAT),
    ROW(IS, CANCELLING, 1XX, CANCELLING, SEND),
    ROW(IS, CANCELLING, 2XX, ACCEPTED, SEND),
    ROW(IS, CANCELLING, 300_699, COMPLETED, SEND),
    ROW(IS, COMPLETED, REQUEST, COMPLETED, REPEAT),
    ROW(IS, COMPLETED, ACK, TERMINATED, NOTHING),
    ROW(IS, COMPLETED, TIMER_H, TERMINATED, REPORT_UNACKED),
    ROW(IS, ACCEPTED, REQUEST, ACCEPTED, NOTHING),
    ROW(IS, ACCEPTED, 2XX, ACCEPTED, SEND),
    ROW(IS, ACCEPTED, ACK, ACCEPTED, PASS_ACK),
    ROW(IS, ACCEPTED, TIMER_L, TERMINATED, NOTHING),
    ROW(NC, TRYING, 1XX, PROCEEDING, DELIVER),
    ROW(NC, TRYING, 2XX, TERMINATED, DELIVER),
    ROW(NC, TRYING, 300_699, TERMINATED, DELIVER),
    ROW(NC, TRYING, TIMER_F, TERMINATED, REPORT_TIMED_OUT),
    ROW(NC, TRYING, LINK_LOST, TERMINATED, REPORT_CLOSED),
    ROW(NC, PROCEEDING, 1XX, PROCEEDING, DELIVER),
    ROW(NC, PROCEEDING, 2XX, TERMINATED, DELIVER),
    ROW(NC, PROCEEDING, 300_699, TERMINATED, DELIVER),
    ROW(NC, PROCEEDING, TIMER_F, TERMINATED, REPORT_TIMED_OUT),
    ROW(NC, PROCEEDING, LINK_LOST, TERMINATED, REPORT_CLOSED),
    ROW(NS, TRYING, REQUEST, TRYING, NOTHING),
    ROW(NS, TRYING, 1XX, PROCEEDING, SEND),
    ROW(NS, TRYING, 2XX, TERMINATED, SEND),
    ROW(NS, TRYING, 300_699, TERMINATED, SEND),
    ROW(NS, TRYING, LINK_LOST, TERMINATED, NOTHING),
    ROW(NS, PROCEEDING, REQUEST, PROCEEDING, REPEAT),
    ROW(NS, PROCEEDING, 1XX, PROCEEDING, SEND),
    ROW(NS, PROCEEDING, 2XX, TERMINATED, SEND),
    ROW(NS, PROCEEDING, 300_699, TERMINATED, SEND),
    ROW(NS, PROCEEDING, LINK_LOST, TERMINATED, NOTHING),
};

START_TEST(every_cell_does_what_its_figure_says)
{
    const struct sip_machine *const machines[] = { IC, IS, NC, NS };
    size_t filled = 0;
    for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
        const struct sip_transition *cell =
            sip_machine_transition(cells[i].machine, cells[i].state, cells[i].event);
        ck_assert_msg(cell->next == cells[i].next && cell->action == cells[i].action, "%s %s %s",
                      cells[i].machine->name, sip_state_text(cells[i].state),
                      sip_event_text(cells[i].event));
    }
    for (size_t m = 0; m < 4; m++)
        for (int state = 0; state < SIP_STATE_COUNT; state++)
            for (int event = 0; event < SIP_EVENT_COUNT; event++)
                filled += sip_machine_transition(machines[m], (enum sip_transaction_state)state,
                                                 (enum sip_transaction_event)event)
                              ->action != SIP_ACTION_IGNORE;
    ck_assert_uint_eq(filled, sizeof(cells) / sizeof(*cells));
}
END_TEST

START_TEST(states_events_and_actions_have_names)
{
    for (int i = 0; i < SIP_STATE_COUNT; i++)
        ck_assert(sip_state_text((enum sip_transaction_state)i)[0]);
    for (int i = 0; i < SIP_EVENT_COUNT; i++)
        ck_assert(sip_event_text((enum sip_transaction_event)i)[0]);
    for (int i = 0; i < SIP_ACTION_COUNT; i++)
        ck_assert(sip_action_text((enum sip_transaction_action)i)[0]);
    ck_assert_str_eq(sip_state_text(SIP_STATE_COUNT), "");
    ck_assert_str_eq(sip_event_text(SIP_EVENT_COUNT), "");
    ck_assert_str_eq(sip_action_text(SIP_ACTION_COUNT), "");
    sip_transaction_free(NULL);
}
END_TEST

SUITE_MAIN("sip/transaction", every_cell_does_what_its_figure_says,
           states_events_and_actions_have_names)
