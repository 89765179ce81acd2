# SPDX-License-Identifier: ISC
# sdp: session descriptions and offer/answer (RFC 8866, 3264).
