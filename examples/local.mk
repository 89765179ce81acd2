# SPDX-License-Identifier: ISC
# Each folder is installed as it is; tests/integration/test_examples.py calls them.

agentdir = $(docdir)/examples/agent
dist_agent_DATA = %D%/agent/README
dist_agent_SCRIPTS = %D%/agent/agent %D%/agent/incoming

alarmdir = $(docdir)/examples/alarm
dist_alarm_DATA = %D%/alarm/README
dist_alarm_SCRIPTS = %D%/alarm/alarm %D%/alarm/confirm

allowlistdir = $(docdir)/examples/allowlist
dist_allowlist_DATA = %D%/allowlist/README
dist_allowlist_SCRIPTS = %D%/allowlist/20-allowed

blocklistdir = $(docdir)/examples/blocklist
dist_blocklist_DATA = %D%/blocklist/README
dist_blocklist_SCRIPTS = %D%/blocklist/10-blocked

clicktodialdir = $(docdir)/examples/click-to-dial
dist_clicktodial_DATA = %D%/click-to-dial/README %D%/click-to-dial/click-to-dial.desktop
dist_clicktodial_SCRIPTS = %D%/click-to-dial/click-to-dial

conferencedir = $(docdir)/examples/conference
dist_conference_DATA = %D%/conference/README
dist_conference_SCRIPTS = %D%/conference/incoming

echodir = $(docdir)/examples/echo
dist_echo_DATA = %D%/echo/README
dist_echo_SCRIPTS = %D%/echo/incoming

gatedir = $(docdir)/examples/gate
dist_gate_DATA = %D%/gate/README
dist_gate_SCRIPTS = %D%/gate/50-gate %D%/gate/open-gate

homeassistantdir = $(docdir)/examples/homeassistant
dist_homeassistant_DATA = %D%/homeassistant/README %D%/homeassistant/configuration.yaml
dist_homeassistant_SCRIPTS = %D%/homeassistant/any

menudir = $(docdir)/examples/menu
dist_menu_DATA = %D%/menu/README
dist_menu_SCRIPTS = %D%/menu/incoming

recorderdir = $(docdir)/examples/recorder
dist_recorder_DATA = %D%/recorder/README
dist_recorder_SCRIPTS = %D%/recorder/incoming %D%/recorder/transcribe

smsdir = $(docdir)/examples/sms
dist_sms_DATA = %D%/sms/README
dist_sms_SCRIPTS = %D%/sms/mail-to-sms %D%/sms/message

voicemaildir = $(docdir)/examples/voicemail
dist_voicemail_DATA = %D%/voicemail/README
dist_voicemail_SCRIPTS = %D%/voicemail/90-outbox %D%/voicemail/90-voicemail

webhookdir = $(docdir)/examples/webhook
dist_webhook_DATA = %D%/webhook/README
dist_webhook_SCRIPTS = %D%/webhook/any
