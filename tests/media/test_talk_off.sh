#!/bin/sh
# SPDX-License-Identifier: ISC
# Talk-off: no digit is heard in speech. Several voices read the documents of this folder aloud, ten
# minutes and more each. A digit of plain tones shows that the listener hears at all.
listen="${builddir:-.}/tests/media/listen_for_digits"
text="${srcdir:-.}/ARCHITECTURE"
missing() {
    echo "SKIP: $1 is not installed"
    [ "$CI" = true ] && exit 99
    exit 77
}
command -v espeak-ng >/dev/null || missing espeak-ng
command -v sox >/dev/null || missing sox
passed=0
failed=0
check() { # fact, what was heard, what is wanted
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "ok   $1"
    else
        failed=$((failed + 1))
        echo "FAIL $1: $2"
    fi
}
heard=$(sox -n -r 8000 -b 16 -c 1 -t wav - synth 0.1 sine 770 synth 0.1 sine mix 1336 gain -6 \
    pad 0.2 0.2 2>/dev/null | "$listen" | cut -d' ' -f1 | tr '\n' ' ')
check "a 5 is heard" "$heard" "5 0 "
for voice in en en+f3 en+f5 en+m3 de fr+f2; do
    for pitch in 50 90; do
        heard=$(espeak-ng -v "$voice" -p "$pitch" -f "$text" --stdout | "$listen")
        seconds=$(echo "$heard" | sed -n 's/ seconds$//p')
        check "$voice, pitch $pitch: no digit in $seconds seconds" \
            "$(echo "$heard" | grep -c ' at ')" 0
        [ "${seconds:-0}" -gt 300 ] || check "it speaks for minutes" "${seconds:-0} seconds" "more"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && exit 0
exit 1
